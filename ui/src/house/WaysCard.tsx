/** The ways out of this box: what can be reached, and what could not of late. */

import { ago, faultName, lasted, moment } from "../format";
import { now_us, outages } from "../store";
import { said, t } from "../words";

/** What is not always there is shown once it failed: nobody is told that a broker works which he does not have. */
const WAYS: readonly (readonly [fault: string, name: string, always: boolean])[] = [
  ["router-silent", said("Router"), true],
  ["name-server-silent", said("Names (DNS)"), true],
  ["internet-lost", said("Internet"), true],
  ["broker-silent", said("MQTT broker"), false],
  ["service-silent", said("Services you set up"), false],
  ["heartbeat-lost", said("Sign of life"), false],
  ["channel-dead", said("Alert channels"), false],
];

export function WaysCard() {
  const mine = outages.value.filter((outage) => WAYS.some(([fault]) => fault === outage.fault));
  const past = mine.filter((outage) => outage.end_us !== null).slice(0, 4);
  return (
    <section class="panel" aria-label={t("Connection")}>
      <h2>{t("Connection")}</h2>
      <ul class="ways">
        {WAYS.map(([fault, name, always]) => {
          const broken = mine.find((outage) => outage.fault === fault && outage.end_us === null);
          return !always && !mine.some((outage) => outage.fault === fault) ? null : (
            <li key={fault}>
              <span class={`dot ${broken ? "is-lost" : "is-live"}`} aria-hidden="true" />
              <span>
                {t(name)}
                {broken ? <span class="bad"> {t("since {when}", { when: moment(broken.start_us, now_us.value) })}</span> : <span class="sr"> {t("works")}</span>}
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
                {faultName(outage.fault)} <span class="dim">{t("for {time}, {ago}", { time: lasted((outage.end_us ?? 0) - outage.start_us), ago: ago(outage.end_us ?? 0, now_us.value) })}</span>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="hint">{t("Nothing failed in the last week.")}</p>
      )}
    </section>
  );
}
