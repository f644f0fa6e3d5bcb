/** What leaves this house: every place it talks to, when last, and how much. */

import { ago, bytes, moment } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { now_us } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { type Destination, houseApi } from "./api";

export function OutgoingCard() {
  const tick = Math.floor(now_us.value / 10e6);
  const [found, error] = useLoaded(() => houseApi.outgoing(), [tick]);
  return (
    <section class="panel" aria-label={t("What leaves this house")}>
      <h2>{t("What leaves this house")}</h2>
      {found && !found.destinations.length ? <p class="dim">{t("Nothing. No service outside is configured, and nothing was sent.")}</p> : null}
      <ul class="outgoing">
        {found?.destinations.map((each) => (
          <li key={`${each.host}/${each.setting}/${each.purpose}`}>
            <div class="grow">
              <strong>{told(each.host)}</strong>
              <p class="dim">{told(each.purpose)}</p>
            </div>
            <div class="outgoing-said">
              <span>{size(each)}</span>
              <span class="dim">{each.last_us ? ago(each.last_us, now_us.value) : ""}</span>
            </div>
          </li>
        ))}
      </ul>
      {found ? (
        <p class="hint">
          {t("Counted since {when}, by what was handed over; encryption adds a little. Nothing else leaves: Hearthwatch talks only to your cameras and to these.", { when: moment(found.since_us, now_us.value) })}
        </p>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}

export function size(each: Destination): string {
  if (each.sent_bytes === null) return each.times ? plural(each.times, "once, size not counted", "{n} times, size not counted") : t("not counted");
  if (!each.times) return t("nothing yet");
  return each.sent_bytes ? bytes(each.sent_bytes) : plural(each.times, "asked once", "asked {n} times");
}
