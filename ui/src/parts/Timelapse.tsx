/** A camera's day as a short film, where the house makes such films. */

import { address, ask } from "../ask";
import { bytes } from "../format";
import { t } from "../words";
import { useLoaded } from "./bits";

/** See TimelapseReply in the API's documentation. */
interface Film {
  day: string;
  size_bytes: number;
}

/** The local calendar day as the house names it. */
function named(day_us: number): string {
  const at = new Date(day_us / 1000);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

export function Timelapse({ camera, day_us }: { camera: string; day_us: number }) {
  const [films] = useLoaded(() => ask<Film[]>("GET", `/cameras/${encodeURIComponent(camera)}/timelapses`), [camera]);
  const day = named(day_us);
  const film = films?.find((each) => each.day === day);
  if (!film) return null;
  return (
    <details class="hand-over" key={film.day}>
      <summary>
        {t("The whole day in a minute and a half")} <span class="dim">{bytes(film.size_bytes)}</span>
      </summary>
      <video class="film" src={address(`/cameras/${encodeURIComponent(camera)}/timelapses/${film.day}.mp4`)} controls muted playsInline preload="none" aria-label={t("The day of {day} in short", { day: film.day })} />
    </details>
  );
}
