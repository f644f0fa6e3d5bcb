/** One's own account: password, second factor, passkeys, and where one is logged in. */

import { useState } from "preact/hooks";
import { capital } from "../format";
import { Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Sheet } from "../parts/Sheet";
import { isOwner, welcomeBack } from "../store";
import { plural, rich, t } from "../words";
import { told } from "../words/told";
import { access, type Enrolment, type Own } from "./api";
import "./accounts.css";
import { canPasskey, made } from "./passkey";
import { Sessions } from "./Sessions";
import { Tabs } from "./Tabs";
import { roleName, seen, when } from "./words";

export default function OwnPage() {
  const [again, setAgain] = useState(0);
  const [own, failed] = useLoaded(() => access.own(), [again]);
  const renew = (): void => setAgain((count) => count + 1);
  return (
    <div class="page is-narrow">
      <Head title={t("Your account")} />
      <Tabs />
      <Trouble error={failed} />
      {own ? (
        <>
          <section class="panel">
            <h2>{own.name}</h2>
            <p class="dim">
              {roleName(own.role)}, {seen(own.cameras)}.{own.at_home ? "" : ` ${t("You are here from outside the home.")}`}
            </p>
            <Password />
          </section>
          <SecondFactor own={own} onChange={renew} />
          <Passkeys own={own} onChange={renew} />
          <OwnSessions />
        </>
      ) : null}
    </div>
  );
}

function Password() {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    if (form.get("password") !== form.get("again")) return setError(new Error(t("The two passwords differ.")));
    setError(null);
    access.setPassword(String(form.get("password"))).then((next) => {
      welcomeBack(next);
      setOpen(false);
      setDone(true);
    }, setError);
  };
  if (!open)
    return (
      <div class="row">
        <button class="button" type="button" onClick={() => setOpen(true)}>
          {t("Change the password")}
        </button>
        {done ? <span class="hint" role="status">{t("Changed. Whoever was logged in elsewhere is logged out.")}</span> : null}
      </div>
    );
  return (
    <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
      <label>
        {t("New password")}
        <input name="password" type="password" autocomplete="new-password" minLength={12} maxLength={128} required autoFocus />
      </label>
      <label>
        {t("The password again")}
        <input name="again" type="password" autocomplete="new-password" maxLength={128} required />
      </label>
      <p class="hint">{t("12 characters or more. Three or four random words do well.")}</p>
      <Trouble error={error} />
      <div class="sheet-foot">
        <button class="button" type="button" onClick={() => setOpen(false)}>
          {t("Leave it")}
        </button>
        <button class="button is-main" type="submit">
          {t("Change it")}
        </button>
      </div>
    </form>
  );
}

function SecondFactor({ own, onChange }: { own: Own; onChange: () => void }) {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = <T,>(asking: Promise<T>, then: (found: T) => void): void => {
    setError(null);
    asking.then((found) => {
      then(found);
      onChange();
    }, setError);
  };
  const remove = (): void => run(access.removeTotp(), welcomeBack);
  return (
    <section class="panel">
      <h2>{t("Second factor")}</h2>
      {own.totp ? (
        <>
          <p>
            <strong class="good">{t("A code app is set up.")}</strong> <span class="dim">{t("A log-in needs your password and a code of it.")} {plural(own.recovery_left, "One recovery code is left.", "{n} recovery codes are left.")}</span>
          </p>
          <div class="row">
            <button class="button" type="button" onClick={() => run(access.renewCodes(), (found) => setCodes(found.codes))}>
              {t("New recovery codes")}
            </button>
            <button class="button is-plain" type="button" onClick={remove}>
              {t("Remove the app")}
            </button>
          </div>
        </>
      ) : (
        <>
          <p class="dim">
            {t("An app on your phone shows a code that changes every half minute: a password that was seen or guessed opens nothing without it.")}
            {isOwner.value && !own.passkeys.length ? ` ${t("From outside the home an owner is let in only with one.")}` : ""}
          </p>
          <div class="row">
            <button class="button is-main" type="button" onClick={() => run(access.beginTotp(), setEnrolment)}>
              <icons.Key size={18} /> {t("Set up a code app")}
            </button>
          </div>
        </>
      )}
      <Trouble error={error} />
      {enrolment ? (
        <Enrol
          enrolment={enrolment}
          onClose={() => setEnrolment(null)}
          onDone={(found) => {
            setEnrolment(null);
            setCodes(found);
            onChange();
          }}
        />
      ) : null}
      {codes ? <Codes codes={codes} onClose={() => setCodes(null)} /> : null}
    </section>
  );
}

function Enrol({ enrolment, onClose, onDone }: { enrolment: Enrolment; onClose: () => void; onDone: (codes: string[]) => void }) {
  const [error, setError] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    setError(null);
    access.confirmTotp(String(new FormData(form).get("code"))).then((found) => {
      welcomeBack(found.session);
      onDone(found.codes);
    }, setError);
  };
  const size = enrolment.qr_size + 8;
  return (
    <Sheet title={t("Set up a code app")} onClose={onClose}>
      <p class="sheet-question">{t("Scan this with an app such as Aegis, 2FAS, Google Authenticator or your password manager.")}</p>
      <svg class="qr" viewBox={`-4 -4 ${size} ${size}`} role="img" aria-label={t("Code to scan with the app")} shape-rendering="crispEdges">
        <rect x="-4" y="-4" width={size} height={size} fill="#fff" />
        <path d={enrolment.qr_path} fill="#000" />
      </svg>
      <p class="hint qr-word">
        {rich("No camera? Type this into the app: {code}", { code: <code data-secret>{enrolment.secret.replace(/(.{4})/g, "$1 ").trim()}</code> })}
      </p>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          {t("The code it shows")}
          <input class="code" name="code" inputMode="numeric" autocomplete="one-time-code" placeholder="000000" maxLength={8} required />
        </label>
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" onClick={onClose}>
            {t("Leave it")}
          </button>
          <button class="button is-main" type="submit">
            {t("It works")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard?.writeText(codes.join("\n")).then(() => setCopied(true), () => undefined);
  return (
    <Sheet title={t("Your recovery codes")} locked onClose={onClose}>
      <p class="sheet-question">{t("Each opens the house once, with your password, when the phone is lost. Print them or write them down: they are shown this once.")}</p>
      <ol class="recovery">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="sheet-foot">
        <button class="button" type="button" onClick={copy}>
          {copied ? t("Copied") : t("Copy")}
        </button>
        <button class="button is-main" type="button" onClick={onClose}>
          {t("I have them")}
        </button>
      </div>
    </Sheet>
  );
}

function Passkeys({ own, onChange }: { own: Own; onChange: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [naming, setNaming] = useState(false);
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get("name"));
    setError(null);
    try {
      const asked = await access.askPasskey();
      welcomeBack(await access.addPasskey(name, asked.challenge, await made(asked)));
      setNaming(false);
      onChange();
    } catch (failed) {
      setError(failed);
    }
  };
  const why = told(own.why_no_passkey) || (canPasskey() ? "" : t("This browser knows no passkeys."));
  return (
    <section class="panel">
      <h2>{t("Passkeys")}</h2>
      <p class="dim">{t("A passkey in your phone, computer or security key logs you in with a fingerprint or its PIN, without a password.")}</p>
      {own.passkeys.length ? (
        <ul class="access-list">
          {own.passkeys.map((key) => (
            <li key={key.id}>
              <div>
                <strong>{key.name}</strong> <span class="dim">{t("for {site}", { site: key.site })}</span>
                <p class="hint">
                  {t("Since {when}", { when: when(key.created_us) })} · {key.used_us ? t("last used {when}", { when: when(key.used_us) }) : t("not used yet")}
                </p>
              </div>
              <button class="button" type="button" aria-label={t("Remove {key}", { key: key.name })} onClick={() => access.removePasskey(key.id).then(onChange, setError)}>
                {t("Remove")}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {why ? (
        <p class="hint">{why}</p>
      ) : naming ? (
        <form class="sheet-form" onSubmit={(event) => void add(event as unknown as SubmitEvent)}>
          <label>
            {t("What is this device called?")}
            <input name="name" maxLength={64} placeholder={t("{name}'s phone", { name: capital(own.name) })} required autoFocus />
          </label>
          <div class="sheet-foot">
            <button class="button" type="button" onClick={() => setNaming(false)}>
              {t("Leave it")}
            </button>
            <button class="button is-main" type="submit">
              {t("Make it")}
            </button>
          </div>
        </form>
      ) : (
        <div class="row">
          <button class="button" type="button" onClick={() => setNaming(true)}>
            <icons.Key size={18} /> {t("Add a passkey")}
          </button>
        </div>
      )}
      <Trouble error={error} />
    </section>
  );
}

function OwnSessions() {
  const [again, setAgain] = useState(0);
  const [list, failed] = useLoaded(() => access.ownSessions(), [again]);
  const [error, setError] = useState<unknown>(null);
  const renew = (): void => setAgain((count) => count + 1);
  return (
    <section class="panel">
      <h2>{t("Where you are logged in")}</h2>
      <Trouble error={error ?? failed} />
      {list ? <Sessions list={list} named={false} onEnd={(session) => void access.endOwnSession(session.id).then(renew, setError)} /> : null}
      {list && list.length > 1 ? (
        <div class="row">
          <button class="button" type="button" onClick={() => void access.endOwnOthers().then(renew, setError)}>
            {t("Log out everywhere else")}
          </button>
        </div>
      ) : null}
    </section>
  );
}
