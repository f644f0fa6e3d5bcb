/** The ways out of this box: what can be reached, and what could not of late. */

import { ago, faultName, lasted, moment } from "../format";
import { now_us, outages } from "../store";

/** What is not always there is shown once it failed: nobody is told that a broker works which he does not have. */
const WAYS: readonly (readonly [fault: string, name: string, always: boolean])[] = [
  ["router-silent", "Router", true],
  ["name-server-silent", "Names (DNS)", true],
  ["internet-lost", "Internet", true],
  ["broker-silent", "MQTT broker", false],
  ["service-silent", "Services you set up", false],
  ["heartbeat-lost", "Sign of life", false],
  ["channel-dead", "Alert channels", false],
];

export function WaysCard() {
  const mine = outages.value.filter((outage) => WAYS.some(([fault]) => fault === outage.fault));
  const past = mine.filter((outage) => outage.end_us !== null).slice(0, 4);
  return (
    <section class="panel" aria-label="Connection">
      <h2>Connection</h2>
      <ul class="ways">
        {WAYS.map(([fault, name, always]) => {
          const broken = mine.find((outage) => outage.fault === fault && outage.end_us === null);
          return !always && !mine.some((outage) => outage.fault === fault) ? null : (
            <li key={fault}>
              <span class={`dot ${broken ? "is-lost" : "is-live"}`} aria-hidden="true" />
              <span>
                {name}
                {broken ? <span class="bad"> since {moment(broken.start_us, now_us.value)}</span> : <span class="sr"> works</span>}
              </span>
            </li>
          );
        })}
      </ul>
      {past.length ? (
        <ul class="house-list is-tight">
          {past.map((outage) => (
            <li key={`${outage.fault}${outage.subject}${outage.start_us}`}>
              <span class="grow">
                {faultName(outage.fault)} <span class="dim">for {lasted((outage.end_us ?? 0) - outage.start_us)}, {ago(outage.end_us ?? 0, now_us.value)}</span>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="hint">Nothing failed in the last week.</p>
      )}
    </section>
  );
}
