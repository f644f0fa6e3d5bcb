/** The pictures that a sensor beside the camera set off, side by side. */

import { api, at } from "../api";
import { t } from "../words";
import { useLoaded } from "./bits";

export function Burst({ id, version }: { id: string; version: unknown }) {
  const [found] = useLoaded(() => api.burst(id), [id, version]);
  if (!found || found.pictures < 2) return null;
  const numbers = Array.from({ length: found.pictures }, (_, index) => index + 1);
  return (
    <section class="others">
      <h2>{t("Burst")}</h2>
      <ul class="cards">
        {numbers.map((number) => (
          <li key={number}>
            <a href={at.burst(id, number)} target="_blank" rel="noreferrer">
              <div class="picture">
                <img src={at.burst(id, number)} alt={t("Picture {n} of {all}", { n: number, all: found.pictures })} loading="lazy" decoding="async" />
              </div>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
