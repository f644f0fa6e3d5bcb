/** What can be done to a camera from here, by what it is for; each asks once more. */

import { plural, t } from "../words";
import { told } from "../words/told";
import type { Action, Door } from "./api";
import { askFor } from "./asking";
import { serviceName, serviceWhy } from "./words";

/** The kinds that have no place of their own on the page, in the order in which they are wanted. */
const INTRUDER = ["block-address", "restore-settings", "reboot", "switch-off", "switch-on"];
const CARE = ["set-clock", "use-ntp", "change-network", "upload-firmware"];

export function Actions({ id, door }: { id: string; door: Door }) {
  const able = (kinds: readonly string[]): Action[] =>
    kinds.flatMap((kind) => door.actions.filter((action) => action.kind === kind && !action.why_not));
  const unable = door.actions.filter((action) => action.why_not);
  const button = (action: Action) => (
    <button key={action.kind} class="button" type="button" onClick={() => askFor({ kind: action.kind, camera: id, subject: "", value: "", label: told(action.label) })}>
      {told(action.label)}
    </button>
  );
  const intruder = able(INTRUDER);
  const care = able(CARE);
  return (
    <div class="door-column">
      <section>
        <h2>{t("If somebody got in")}</h2>
        {intruder.length ? <div class="row">{intruder.map(button)}</div> : <p class="dim">{t("Nothing of this can be done from here.")}</p>}
      </section>
      {care.length ? (
        <section>
          <h2>{t("Look after it")}</h2>
          <div class="row">{care.map(button)}</div>
        </section>
      ) : null}
      {door.services.length ? (
        <section>
          <h2>{t("What it offers by itself")}</h2>
          <details class="services">
            <summary>{plural(door.services.length, "One thing can be switched", "{n} things can be switched")}</summary>
            <ul class="list">
              {door.services.map((service) => (
                <li key={service} class="line">
                  <span>
                    <strong>{serviceName(service)}</strong>
                    <span class="dim">{serviceWhy(service)}</span>
                  </span>
                  <span class="row">
                    <button class="button" type="button" aria-label={t("Switch off: {service}", { service: serviceName(service) })} onClick={() => askFor({ kind: "service-off", camera: id, subject: service, value: "", label: t("Switch off: {service}", { service: serviceName(service) }) })}>
                      {t("Off")}
                    </button>
                    <button class="button is-plain" type="button" aria-label={t("Switch on: {service}", { service: serviceName(service) })} onClick={() => askFor({ kind: "service-on", camera: id, subject: service, value: "", label: t("Switch on: {service}", { service: serviceName(service) }) })}>
                      {t("On")}
                    </button>
                  </span>
                </li>
              ))}
            </ul>
          </details>
        </section>
      ) : null}
      {unable.length ? (
        <details class="unable">
          <summary>{plural(unable.length, "One thing this camera cannot do from here", "{n} things this camera cannot do from here")}</summary>
          <ul>
            {unable.map((action) => (
              <li key={action.kind}>
                <strong>{told(action.label)}</strong>
                <span class="dim">{told(action.why_not)}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}
