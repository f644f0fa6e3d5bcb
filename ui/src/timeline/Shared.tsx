/** Settings: the links by which others see footage, and ending them. */

import { useState } from "preact/hooks";
import { clockSeconds, moment } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { cameraName, now_us } from "../store";
import { plural, t } from "../words";
import { timeline } from "./api";

export function SharedCard() {
  const [ended, setEnded] = useState(0);
  const [trouble, setTrouble] = useState<unknown>(null);
  const [found, error] = useLoaded(() => timeline.shares(), [ended]);
  if (!found?.length && !error && !trouble) return null;
  const end = (id: number): void => {
    timeline.endShare(id).then(() => setEnded(ended + 1), setTrouble);
  };
  return (
    <section class="panel">
      <h2>{t("Shared footage")}</h2>
      <p class="dim">{t("Whoever has one of these links sees that footage, without an account, until it ends.")}</p>
      <ul class="shares">
        {found?.map((share) => (
          <li key={share.id}>
            <span>
              <strong>{share.cameras.map(cameraName).join(", ")}</strong>
              <span class="dim">
                {moment(share.start_us, now_us.value)} – {clockSeconds(share.end_us)}
              </span>
              <span class="dim">
                {t("by {who}, opens until {time}", { who: share.who, time: moment(share.expires_us, now_us.value) })},{" "}
                {share.uses === 0 ? t("not opened yet") : plural(share.uses, "opened once", "opened {n} times")}
              </span>
            </span>
            <button class="button" type="button" onClick={() => end(share.id)}>
              {t("End it")}
            </button>
          </li>
        ))}
      </ul>
      <Trouble error={trouble ?? error} />
    </section>
  );
}
