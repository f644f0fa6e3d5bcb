/** One line of the log-ins, folded where it repeats; more on demand, with what can be done. */

import { useState } from "preact/hooks";
import { ago, clock, clockSeconds, lasted, localMoment, moment, momentSeconds } from "../format";
import { cameraName, isOwner, now_us } from "../store";
import { t } from "../words";
import type { Login } from "./api";
import { askFor } from "./asking";
import { type Fold, namesIn } from "./fold";
import { Pill } from "./Tabs";
import { deed, isForeign, nextStep, offers, sourceName, tone, verdictWord, whence } from "./words";

const ODD_CLOCK_US = 120e6;

/** How far the camera's clock was from ours; cameras tell local time without a zone, as this browser shows it. */
export function clockOff(login: Login): number | null {
  if (login.local_us === null) return null;
  const zone_us = new Date(login.at_us / 1000).getTimezoneOffset() * 60e6;
  const off = login.local_us + zone_us - login.at_us;
  return Math.abs(off) > ODD_CLOCK_US ? off : null;
}

export function LoginRow({ fold, open, withCamera = true, withDay = false }: { fold: Fold; open: boolean; withCamera?: boolean; withDay?: boolean }) {
  const { head, all } = fold;
  const [isOpen] = useState(open);
  const { from, place, name } = whence(head);
  const now = now_us.value;
  const first = all.at(-1) ?? head;
  const sameNames = all.every((login) => login.user === head.user);
  const title = sameNames ? deed(head, all.length) : t("{n} log-ins were refused", { n: all.length });
  return (
    <li class={`login is-${tone(head.verdict)} ${isForeign(head) && now - head.seen_us < 15e6 ? "is-new" : ""}`} data-login={head.id}>
      <details open={isOpen}>
        <summary>
          <span class="login-what">
            <strong>{title}</strong>
            <span class="dim">
              {withCamera ? <span class="login-camera">{cameraName(head.camera)}</span> : null}
              {from ? (
                <span>
                  {t("from {address}", { address: from })}
                  {place ? ` (${place})` : ""}
                </span>
              ) : place ? (
                <span>{place}</span>
              ) : null}
              {name ? <span>{name}</span> : null}
            </span>
          </span>
          <Pill tone={tone(head.verdict)}>{verdictWord(head.verdict)}</Pill>
          <time title={ago(head.at_us, now)}>{withDay ? moment(head.at_us, now) : clock(head.at_us)}</time>
        </summary>
        <div class="login-more">
          {nextStep(head.verdict) ? <p class="login-next">{nextStep(head.verdict)}</p> : null}
          <Offers login={head} />
          <dl class="facts">
            <dt>{t("Our clock")}</dt>
            <dd>
              {momentSeconds(head.at_us)}
              {all.length > 1 ? `, ${t("{n} times since {time}", { n: all.length, time: clockSeconds(first.at_us) })}` : ""}
            </dd>
            <dt>{t("Camera's clock")}</dt>
            <dd>{head.local_us === null ? t("says nothing") : <CameraClock login={head} />}</dd>
            {sameNames ? null : (
              <>
                <dt>{t("Names tried")}</dt>
                <dd>{namesIn(fold)}</dd>
              </>
            )}
            {head.via ? (
              <>
                <dt>{t("Way in")}</dt>
                <dd>{head.via}</dd>
              </>
            ) : null}
            {head.code ? (
              <>
                <dt>{t("In the camera's words")}</dt>
                <dd>{head.code}</dd>
              </>
            ) : null}
            <dt>{t("Known from")}</dt>
            <dd>{sourceName(head.source)}</dd>
            <dt>{t("Alert")}</dt>
            <dd>{head.told ? t("sent") : isForeign(head) ? t("not yet") : t("not needed")}</dd>
          </dl>
        </div>
      </details>
    </li>
  );
}

function CameraClock({ login }: { login: Login }) {
  const off = clockOff(login);
  return (
    <>
      {localMoment(login.local_us ?? 0)}
      {off === null ? null : <span class="warm"> · {off > 0 ? t("{time} ahead", { time: lasted(off) }) : t("{time} behind", { time: lasted(-off) })}</span>}
    </>
  );
}

function Offers({ login }: { login: Login }) {
  const found = offers(login);
  const door = (
    <a class="button" href={`/cameras/${login.camera}/door`}>
      {t("See the camera's door")}
    </a>
  );
  if (!found.length) return null;
  if (!isOwner.value) return <p class="hint">{t("The owner of this house can change the password or block the address from here.")}</p>;
  return (
    <div class="row login-do">
      {found.map((offer, number) => (
        <button key={offer.kind} type="button" class={`button ${number === 0 ? "is-main" : ""}`} onClick={() => askFor(offer)}>
          {offer.label}
        </button>
      ))}
      {door}
    </div>
  );
}
