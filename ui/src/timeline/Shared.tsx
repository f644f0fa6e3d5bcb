/** Settings: the links by which others see footage, and ending them. */

import { useState } from "preact/hooks";
import { clockSeconds, moment } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { cameraName, now_us } from "../store";
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
      <h2>Shared footage</h2>
      <p class="dim">Whoever has one of these links sees that footage, without an account, until it ends.</p>
      <ul class="shares">
        {found?.map((share) => (
          <li key={share.id}>
            <span>
              <strong>{share.cameras.map(cameraName).join(", ")}</strong>
              <span class="dim">
                {moment(share.start_us, now_us.value)} – {clockSeconds(share.end_us)}
              </span>
              <span class="dim">
                by {share.who}, opens until {moment(share.expires_us, now_us.value)},{" "}
                {share.uses === 0 ? "not opened yet" : share.uses === 1 ? "opened once" : `opened ${share.uses} times`}
              </span>
            </span>
            <button class="button" type="button" onClick={() => end(share.id)}>
              End it
            </button>
          </li>
        ))}
      </ul>
      <Trouble error={trouble ?? error} />
    </section>
  );
}
