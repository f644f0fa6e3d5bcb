/** Settings: what is configured, the detector, the phone, and what leaves this house. */

import { useState } from "preact/hooks";
import { api, type Enrolment } from "../api";
import { bytes, clock } from "../format";
import { seen } from "../labels";
import { Head, Trouble, useLoaded } from "../parts/bits";
import { OffsiteCard } from "../parts/Offsite";
import * as icons from "../parts/icons";
import { letters } from "../parts/letters";
import { Phones } from "../parts/Phones";
import { StorageCard } from "../parts/Storage";
import { SwitchedCard } from "../parts/Switched";
import { PushCard } from "../push/PushCard";
import { WayCard } from "../push/WayCard";
import { SharedCard } from "../timeline/Shared";
import { house, isOwner, session } from "../store";
import { type Theme, theme } from "../theme";
import { choose, language, type Language, LANGUAGES, rich, said, t } from "../words";
import { told } from "../words/told";

export function SettingsPage() {
  return (
    <div class="page is-narrow">
      <Head title={t("Settings")}>
        <a class="button" href="/house">
          {t("The house")}
        </a>
      </Head>
      {isOwner.value ? <SetUpCard /> : null}
      <DetectorCard />
      {isOwner.value ? <PhoneCard /> : null}
      <PushCard />
      <SwitchedCard />
      <StorageCard />
      <OffsiteCard />
      <SharedCard />
      {isOwner.value ? <Configured /> : null}
      <WayCard />
      <Appearance />
      <AccountCard />
    </div>
  );
}

function SetUpCard() {
  return (
    <section class="panel">
      <h2>{t("Set-up")}</h2>
      <p class="dim">{t("Cameras, zones, what you are told, people, disks, copies, and the way in from outside: step by step, or every setting by itself.")}</p>
      <div class="row">
        <a class="button is-main" href="/welcome">
          {t("Step by step")}
        </a>
        <a class="button" href="/settings/all">
          <icons.Gear size={18} /> {t("All settings")}
        </a>
      </div>
    </section>
  );
}

function DetectorCard() {
  const [error, setError] = useState<unknown>(null);
  const detector = house.value?.detector;
  if (!detector || !house.value) return null;
  const fetchIt = (): void => {
    api.fetchModel().then((next) => {
      if (house.value) house.value = { ...house.value, detector: next };
    }, setError);
  };
  return (
    <section class="panel">
      <h2>{t("Detector")}</h2>
      {detector.basic ? (
        <>
          <p>
            <strong>{t("Basic detector: people only.")}</strong>{" "}
            <span class="dim">{t("It is built in and needs no download. The detection model also knows cars, dogs, cats and more, and misses fewer people.")}</span>
          </p>
          {detector.fetch_name && isOwner.value ? (
            <div class="row">
              <button class="button is-main" type="button" disabled={detector.fetching} onClick={fetchIt}>
                <icons.Down size={18} /> {detector.fetching ? t("Getting it…") : t("Get the detection model")}
              </button>
              <span class="hint">
                {t("{name}, {size}, {licence}, once from {host}", { name: detector.fetch_name, size: bytes(detector.fetch_bytes), licence: detector.fetch_licence, host: detector.fetch_host })}
              </span>
            </div>
          ) : null}
        </>
      ) : (
        <p>
          <strong>{detector.name}</strong> <span class="dim">{t("knows {n} kinds of things, among them {some}.", { n: detector.labels.length, some: detector.labels.slice(0, 5).map(seen).join(", ") })}</span>
        </p>
      )}
      {detector.error ? <p class="trouble">{told(detector.error)}</p> : null}
      <Trouble error={error} />
    </section>
  );
}

function PhoneCard() {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [role, setRole] = useState("");
  const [error, setError] = useState<unknown>(null);
  const enrol = (): void => {
    setError(null);
    api.enrolTelegram(role).then(setEnrolment, setError);
  };
  return (
    <section class="panel">
      <h2>{t("Your phone")}</h2>
      {house.value?.telegram ? (
        <p class="dim">{t("Alerts come by Telegram to everyone who sends the bot a one-time code. Telegram can read what its bots send.")}</p>
      ) : (
        <>
          <p class="dim">{t("Alerts can come by Telegram, to you and whoever you let in. It takes a bot of your own, made in two minutes.")}</p>
          <p>
            <a class="button" href="/welcome?step=telegram">
              {t("Connect Telegram")}
            </a>
          </p>
          <p class="hint">
            {rich("E-mail, webhooks and other services are the sections {email}, {webhook} and {apprise} of the configuration.", {
              email: <code>[alerts.email]</code>,
              webhook: <code>[alerts.webhook]</code>,
              apprise: <code>[alerts.apprise]</code>,
            })}
          </p>
        </>
      )}
      {house.value?.telegram ? <Phones /> : null}
      {!house.value?.telegram ? null : enrolment ? (
        <p class="enrol">
          {rich("Send {code} to {bot} {before}", {
            code: <code class="big-code">{enrolment.code}</code>,
            bot: enrolment.bot ? <strong>@{enrolment.bot}</strong> : t("your bot"),
            before: <span class="dim">{t("before {time}.", { time: clock(enrolment.expires_us) })}</span>,
          })}
        </p>
      ) : (
        <div class="row">
          <button class="button" type="button" onClick={enrol}>
            {t("Add a phone")}
          </button>
          <label class="tick may-what">
            {t("It may")}{" "}
            <select class="may" value={role} onChange={(event) => setRole(event.currentTarget.value)}>
              <option value="">{t("as usual (the first: everything)")}</option>
              <option value="viewer">{t("look")}</option>
              <option value="member">{t("look, arm and disarm")}</option>
              <option value="owner">{t("do everything")}</option>
            </select>
          </label>
        </div>
      )}
      <Trouble error={error} />
    </section>
  );
}

function Configured() {
  const [found, error] = useLoaded(() => api.settings(), []);
  const sections = new Map<string, { key: string; value: string }[]>();
  for (const each of found?.settings ?? []) sections.set(each.section, [...(sections.get(each.section) ?? []), each]);
  return (
    <>
      <section class="panel">
        <h2>{t("What leaves this house")}</h2>
        {found && !found.outbound.length ? <p class="dim">{t("Nothing. No service outside is configured.")}</p> : null}
        <ul class="outbound">
          {found?.outbound.map((each) => (
            <li key={each.host + each.setting}>
              <strong>{each.host}</strong>
              <span class="dim">{told(each.purpose)}</span>
              <code>{each.setting}</code>
            </li>
          ))}
        </ul>
        <Trouble error={error} />
      </section>
      <section class="panel">
        <h2>{t("Configured")}</h2>
        <p class="dim">{t("This is what is in force, read from the configuration file. Passwords and tokens are never shown.")}</p>
        {[...sections].map(([name, list]) => (
          <details key={name}>
            <summary>
              <code>[{name}]</code>
            </summary>
            <dl class="facts is-code">
              {list.map((each) => (
                <div key={each.key}>
                  <dt>{each.key}</dt>
                  <dd>{each.value}</dd>
                </div>
              ))}
            </dl>
          </details>
        ))}
      </section>
    </>
  );
}

function Appearance() {
  const all: [Theme, string][] = [
    ["system", t("Like the device")],
    ["light", t("Light")],
    ["dark", t("Dark")],
  ];
  return (
    <section class="panel">
      <h2>{t("Appearance")}</h2>
      <div class="segmented" role="group" aria-label={t("Appearance")}>
        {all.map(([value, text]) => (
          <button key={value} type="button" aria-pressed={theme.value === value} onClick={() => (theme.value = value)}>
            {text}
          </button>
        ))}
      </div>
      <h3>{t("Language")}</h3>
      <div class="segmented" role="group" aria-label={t("Language")}>
        {(Object.keys(LANGUAGES) as Language[]).map((each) => (
          <button key={each} type="button" lang={each} aria-pressed={each === language()} onClick={() => choose(each)}>
            {LANGUAGES[each]}
          </button>
        ))}
      </div>
      <h3>{t("Keyboard")}</h3>
      <label class="tick">
        <input type="checkbox" checked={letters.value} onChange={(event) => (letters.value = event.currentTarget.checked)} />
        {t("Single letters do things on a page, such as s for seen")}
      </label>
      <p class="hint">{t("Switch it off where you dictate, or keys are pressed by accident. Arrows, Enter and Escape go on working.")}</p>
    </section>
  );
}

const MAY: Record<string, string> = { owner: said("owns this house"), member: said("looks, arms, marks and exports"), viewer: said("may look") };

function AccountCard() {
  const [error, setError] = useState<unknown>(null);
  const leave = (): void => {
    api.logout().then(() => location.assign("/"), setError);
  };
  return (
    <section class="panel">
      <h2>{t("Account")}</h2>
      <div class="row">
        <span>
          <strong>{session.value?.user?.name}</strong> <span class="dim">{t(MAY[session.value?.user?.role ?? ""] ?? "")}</span>
        </span>
        <span class="spacer" />
        <button class="button" type="button" onClick={leave}>
          <icons.Out size={18} /> {t("Log out")}
        </button>
      </div>
      <div class="row">
        <a class="button" href="/settings/account">
          {t("Password and second factor")}
        </a>
        {isOwner.value ? (
          <>
            <a class="button" href="/settings/people">
              {t("People with access")}
            </a>
            <a class="button" href="/settings/programs">
              {t("Programs")}
            </a>
            <a class="button" href="/settings/trail">
              {t("Who did what")}
            </a>
          </>
        ) : null}
      </div>
      {isOwner.value && !session.value?.user?.strong ? (
        <p class="hint">
          <span class="warm">{t("Your account has no second factor.")}</span> {t("From outside the home it is let in only with one.")}
        </p>
      ) : null}
      <Trouble error={error} />
      <p class="hint">
        Hearthwatch {house.value?.version} · <a href="/docs">API</a>
      </p>
    </section>
  );
}
