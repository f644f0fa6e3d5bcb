/** Settings: what is configured, the detector, the phone, and what leaves this house. */

import { useState } from "preact/hooks";
import { api, type Enrolment } from "../api";
import { bytes, clock } from "../format";
import { Head, Trouble, useLoaded } from "../parts/bits";
import { OffsiteCard } from "../parts/Offsite";
import * as icons from "../parts/icons";
import { Phones } from "../parts/Phones";
import { StorageCard } from "../parts/Storage";
import { SwitchedCard } from "../parts/Switched";
import { PushCard } from "../push/PushCard";
import { WayCard } from "../push/WayCard";
import { SharedCard } from "../timeline/Shared";
import { house, isOwner, session } from "../store";
import { type Theme, theme } from "../theme";

export function SettingsPage() {
  return (
    <div class="page is-narrow">
      <Head title="Settings">
        <a class="button" href="/house">
          The house
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
      <h2>Set-up</h2>
      <p class="dim">Cameras, zones, what you are told, people, disks, copies, and the way in from outside: step by step, or every setting by itself.</p>
      <div class="row">
        <a class="button is-main" href="/welcome">
          Step by step
        </a>
        <a class="button" href="/settings/all">
          <icons.Gear size={18} /> All settings
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
      <h2>Detector</h2>
      {detector.basic ? (
        <>
          <p>
            <strong>Basic detector: people only.</strong>{" "}
            <span class="dim">It is built in and needs no download. The detection model also knows cars, dogs, cats and more, and misses fewer people.</span>
          </p>
          {detector.fetch_name && isOwner.value ? (
            <div class="row">
              <button class="button is-main" type="button" disabled={detector.fetching} onClick={fetchIt}>
                <icons.Down size={18} /> {detector.fetching ? "Getting it…" : "Get the detection model"}
              </button>
              <span class="hint">
                {detector.fetch_name}, {bytes(detector.fetch_bytes)}, {detector.fetch_licence}, once from {detector.fetch_host}
              </span>
            </div>
          ) : null}
        </>
      ) : (
        <p>
          <strong>{detector.name}</strong> <span class="dim">knows {detector.labels.length} kinds of things, among them {detector.labels.slice(0, 5).join(", ")}.</span>
        </p>
      )}
      {detector.error ? <p class="trouble">{detector.error}</p> : null}
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
      <h2>Your phone</h2>
      {house.value?.telegram ? (
        <p class="dim">Alerts come by Telegram to everyone who sends the bot a one-time code. Telegram can read what its bots send.</p>
      ) : (
        <>
          <p class="dim">Alerts can come by Telegram. Make a bot with @BotFather there, then give Hearthwatch its token where it runs:</p>
          <p class="command">
            <code>.venv/bin/hearthwatch secrets set alerts.telegram.token</code>
          </p>
          <p class="hint">
            E-mail, webhooks and other services are the sections <code>[alerts.email]</code>, <code>[alerts.webhook]</code> and <code>[alerts.apprise]</code> of the configuration.
          </p>
        </>
      )}
      {house.value?.telegram ? <Phones /> : null}
      {!house.value?.telegram ? null : enrolment ? (
        <p class="enrol">
          Send <code class="big-code">{enrolment.code}</code> to {enrolment.bot ? <strong>@{enrolment.bot}</strong> : "your bot"}{" "}
          <span class="dim">before {clock(enrolment.expires_us)}.</span>
        </p>
      ) : (
        <div class="row">
          <button class="button" type="button" onClick={enrol}>
            Add a phone
          </button>
          <label class="tick may-what">
            It may{" "}
            <select class="may" value={role} onChange={(event) => setRole(event.currentTarget.value)}>
              <option value="">as usual (the first: everything)</option>
              <option value="viewer">look</option>
              <option value="member">look, arm and disarm</option>
              <option value="owner">do everything</option>
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
        <h2>What leaves this house</h2>
        {found && !found.outbound.length ? <p class="dim">Nothing. No service outside is configured.</p> : null}
        <ul class="outbound">
          {found?.outbound.map((each) => (
            <li key={each.host + each.setting}>
              <strong>{each.host}</strong>
              <span class="dim">{each.purpose}</span>
              <code>{each.setting}</code>
            </li>
          ))}
        </ul>
        <Trouble error={error} />
      </section>
      <section class="panel">
        <h2>Configured</h2>
        <p class="dim">This is what is in force, read from the configuration file. Passwords and tokens are never shown.</p>
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
    ["system", "Like the device"],
    ["light", "Light"],
    ["dark", "Dark"],
  ];
  return (
    <section class="panel">
      <h2>Appearance</h2>
      <div class="segmented" role="group" aria-label="Appearance">
        {all.map(([value, text]) => (
          <button key={value} type="button" aria-pressed={theme.value === value} onClick={() => (theme.value = value)}>
            {text}
          </button>
        ))}
      </div>
    </section>
  );
}

const MAY: Record<string, string> = { owner: "owns this house", member: "looks, arms, marks and exports", viewer: "may look" };

function AccountCard() {
  const [error, setError] = useState<unknown>(null);
  const leave = (): void => {
    api.logout().then(() => location.assign("/"), setError);
  };
  return (
    <section class="panel">
      <h2>Account</h2>
      <div class="row">
        <span>
          <strong>{session.value?.user?.name}</strong> <span class="dim">{MAY[session.value?.user?.role ?? ""]}</span>
        </span>
        <span class="spacer" />
        <button class="button" type="button" onClick={leave}>
          <icons.Out size={18} /> Log out
        </button>
      </div>
      <div class="row">
        <a class="button" href="/settings/account">
          Password and second factor
        </a>
        {isOwner.value ? (
          <>
            <a class="button" href="/settings/people">
              People with access
            </a>
            <a class="button" href="/settings/programs">
              Programs
            </a>
            <a class="button" href="/settings/trail">
              Who did what
            </a>
          </>
        ) : null}
      </div>
      {isOwner.value && !session.value?.user?.strong ? (
        <p class="hint">
          <span class="warm">Your account has no second factor.</span> From outside the home it is let in only with one.
        </p>
      ) : null}
      <Trouble error={error} />
      <p class="hint">
        Hearthwatch {house.value?.version} · <a href="/docs">API</a>
      </p>
    </section>
  );
}
