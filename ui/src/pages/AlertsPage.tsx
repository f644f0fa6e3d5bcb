/** The alert feed: what was told, over which channel, and how fast. */

import { useState } from "preact/hooks";
import { type Alert, at, type Delivery } from "../api";
import { askFor } from "../doors/asking";
import { offerLabel } from "../doors/words";
import { capital, clock, dayName, millis } from "../format";
import { Empty, Head } from "../parts/bits";
import * as icons from "../parts/icons";
import { alerts, house, isOwner, loaded, moreAlerts, now_us, olderAlerts, recent } from "../store";
import { rich, said, t } from "../words";
import { own } from "../own";
import { told } from "../words/told";

export function AlertsPage() {
  const found = alerts.value;
  const channels = house.value?.channels ?? [];
  const days = new Map<string, Alert[]>();
  for (const alert of found) {
    const name = dayName(alert.at_us, now_us.value);
    days.set(name, [...(days.get(name) ?? []), alert]);
  }
  return (
    <div class="page is-narrow">
      <Head title={t("Alerts")}>
        <Speed alerts={found} />
      </Head>
      {loaded.value && !channels.length ? (
        <p class="note">
          {rich("Alerts are kept here, but sent nowhere yet. {link} to get them on your phone.", { link: <a href="/settings">{t("Set up Telegram or e-mail")}</a> })}
        </p>
      ) : null}
      {loaded.value && !found.length ? (
        <Empty icon={<icons.Bell size={40} />} title={t("No alert yet")}>
          {t("When somebody comes by or a camera fails, it is told here and on every channel you set up.")}
        </Empty>
      ) : null}
      {[...days].map(([name, list]) => (
        <section key={name}>
          <h2 class="day-name">{name}</h2>
          <ol class="feed">
            {list.map((alert) => (
              <li key={alert.id} class={`alert is-${alert.severity}`}>
                <time>{clock(alert.at_us)}</time>
                <div>
                  <strong>{alert.event ? <a href={`/events/${alert.event}`}>{told(alert.title)}</a> : told(alert.title)}</strong>
                  <p class="dim alert-text">
                    <Folded text={told(alert.text)} />
                    {alert.decided_ms === null ? null : (
                      <span title={t("From the last byte of the deciding picture to this alert")}> · {t("decided in {time}", { time: millis(alert.decided_ms) })}</span>
                    )}
                  </p>
                  <AlertOffers alert={alert} />
                  <ul class="deliveries">
                    {alert.deliveries.map((delivery) => (
                      <Way key={`${delivery.channel}${delivery.part}`} delivery={delivery} />
                    ))}
                  </ul>
                </div>
                <AlertPicture alert={alert} />
              </li>
            ))}
          </ol>
        </section>
      ))}
      {moreAlerts.value ? (
        <button class="button is-wide" type="button" onClick={() => void olderAlerts()}>
          {t("Older alerts")}
        </button>
      ) : null}
    </div>
  );
}

const SHORT_LINES = 5;

/** The first lines of a long text, the others on demand. */
function Folded({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  const lines = text.split("\n");
  if (open || lines.length <= SHORT_LINES + 1) return <>{text}</>;
  return (
    <>
      {lines.slice(0, SHORT_LINES).join("\n")}
      {"\n"}
      <button class="link" type="button" onClick={() => setOpen(true)}>
        {t("{n} more lines", { n: lines.length - SHORT_LINES })}
      </button>
    </>
  );
}

/** What can be done about it at once; whoever may only look is told who can. */
function AlertOffers({ alert }: { alert: Alert }) {
  if (!alert.offers.length) return null;
  if (!isOwner.value) return <p class="hint">{t("The owner of this house can do something about it from here.")}</p>;
  return (
    <div class="row alert-offers">
      {alert.offers.map((offer) => (
        <button key={`${offer.kind}/${offer.subject}/${offer.value}`} class="button" type="button" onClick={() => askFor({ ...offer, label: offerLabel(offer) })}>
          {offerLabel(offer)}
        </button>
      ))}
      {alert.camera ? (
        <a class="link" href={`/cameras/${alert.camera}/door`}>
          {t("The camera's door")}
        </a>
      ) : null}
    </div>
  );
}

const FRESH_US = 60e6;

/** The picture comes after the words: a fresh alert's is not asked for before its event says that it is there. */
function AlertPicture({ alert }: { alert: Alert }) {
  const [missing, setMissing] = useState(false);
  const event = recent.value.find((each) => each.id === alert.event);
  const isThere = event ? event.picture : now_us.value - alert.at_us > FRESH_US;
  return alert.event && isThere && !missing ? (
    <a class="alert-picture" href={`/events/${alert.event}`} tabIndex={-1} aria-hidden="true">
      <div class="picture">
        <img src={at.picture(alert.event)} alt="" loading="lazy" decoding="async" onError={() => setMissing(true)} />
      </div>
    </a>
  ) : null;
}

const PARTS: Record<string, string> = { text: said("text"), picture: said("picture"), clip: said("clip"), album: said("pictures") };

function Way({ delivery }: { delivery: Delivery }) {
  const how = { sent: t("delivered"), waiting: delivery.tries ? t("waiting, try {n}", { n: delivery.tries }) : t("on its way"), dead: t("not delivered"), folded: t("told in a summary") }[delivery.state];
  return (
    <li class={`way is-${delivery.state}`}>
      <span>
        {capital(delivery.channel)} {t(own(PARTS, delivery.part) ?? delivery.part)}
      </span>
      <span class="dim">
        {delivery.state === "sent" && delivery.accepted_ms !== null ? millis(whole(delivery)) : how}
      </span>
      {delivery.last_error && delivery.state !== "sent" ? <span class="way-error">{told(delivery.last_error)}</span> : null}
    </li>
  );
}

/** From the last byte of the deciding picture to the service's yes. */
const whole = (delivery: Delivery): number => (delivery.decided_ms ?? 0) + (delivery.accepted_ms ?? 0);

/** The middle of how long texts took from the deciding picture to the service's yes. */
export function median(values: readonly number[]): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function Speed({ alerts: list }: { alerts: Alert[] }) {
  const texts = list.flatMap((alert) => alert.deliveries).filter((delivery) => delivery.part === "text" && delivery.accepted_ms !== null);
  const middle = median(texts.map(whole));
  return middle === null ? null : (
    <span class="dim" title={t("From the last byte of the deciding picture until the service accepted the text, middle of those shown")}>
      {t("Text after {time}", { time: millis(middle) })}
    </span>
  );
}
