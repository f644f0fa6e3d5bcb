/** How long the last alerts took: picture to decision, decision to the service's yes. */

import { millis } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { now_us } from "../store";
import { t } from "../words";
import { houseApi, type Latency } from "./api";
import { channelName, partName } from "./words";

export function SpeedCard() {
  const tick = Math.floor(now_us.value / 30e6);
  const [found, error] = useLoaded(() => houseApi.latency(), [tick]);
  const longest = Math.max(1, ...(found ?? []).map((each) => each.whole_p95_ms));
  return (
    <section class="panel" aria-label={t("Speed of alerts")}>
      <h2>{t("How fast alerts were")}</h2>
      {found && !found.length ? <p class="dim">{t("No alert with a picture was sent yet. It is measured from the last byte of the deciding picture until the service said yes.")}</p> : null}
      <ul class="speeds">
        {found?.map((each) => (
          <li key={`${each.channel}/${each.part}`}>
            <span class="speed-name">
              <strong>{partName(each.part)}</strong> <span class="dim">{t("{channel}, last {n}", { channel: channelName(each.channel, ""), n: each.count })}</span>
            </span>
            <Bar each={each} longest={longest} />
            <span class="speed-said">
              {millis(each.whole_p50_ms)} <span class="dim">· {t("95 % within {time}", { time: millis(each.whole_p95_ms) })}</span>
            </span>
          </li>
        ))}
      </ul>
      {found?.length ? (
        <p class="hint">
          <i class="swatch is-decided" /> {t("picture to decision")} <i class="swatch is-handed" /> {t("decision to the service's yes (median)")}
        </p>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}

/** The two stages to scale; the thin line goes on to where 95 of 100 were done. */
function Bar({ each, longest }: { each: Latency; longest: number }) {
  const share = (ms: number): number => (ms / longest) * 100;
  return (
    <svg class="speed-bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={t("Decided in {decided}, handed over in {handed}", { decided: millis(each.decided_p50_ms), handed: millis(each.handed_p50_ms) })}>
      <rect class="is-rest" x="0" y="2.5" width={share(each.whole_p95_ms)} height="1" />
      <rect class="is-decided" x="0" y="0" width={share(each.decided_p50_ms)} height="6" />
      <rect class="is-handed" x={share(each.decided_p50_ms)} y="0" width={share(each.handed_p50_ms)} height="6" />
    </svg>
  );
}
