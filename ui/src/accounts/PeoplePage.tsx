/** People with access: who may log in, what each may do and see, and who is logged in now. */

import { useState } from "preact/hooks";
import { Fleet } from "../fleet/Fleet";
import { fleet } from "../fleet/far";
import { LeaveSheet } from "../leaving/LeaveSheet";
import { Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { First, Sheet } from "../parts/Sheet";
import { isOwner, session } from "../store";
import { plural, t } from "../words";
import { type Account, access, type Rights } from "./api";
import "./accounts.css";
import { CameraRights } from "./Cameras";
import { Sessions } from "./Sessions";
import { Tabs } from "./Tabs";
import { ROLES, roleName, seen, when } from "./words";

type Doing = { what: "add" | "moves-out" } | { what: "rights" | "password" | "factors" | "remove"; who: Account };

export default function PeoplePage() {
  const [again, setAgain] = useState(0);
  const [people, failed] = useLoaded(() => (isOwner.value ? access.people() : Promise.resolve([])), [again]);
  const [doing, setDoing] = useState<Doing | null>(null);
  const done = (): void => {
    setDoing(null);
    setAgain((count) => count + 1);
  };
  return (
    <div class="page is-narrow">
      <Head title={t("People with access")} />
      <Tabs />
      <Trouble error={failed} />
      {isOwner.value ? null : <p class="dim">{t("The owner of the house decides who may log in.")}</p>}
      {people?.length ? (
        <section class="panel">
          <ul class="access-list">
            {people.map((each) => (
              <Person key={each.id} person={each} onDo={setDoing} />
            ))}
          </ul>
          <div class="row">
            <button class="button is-main" type="button" onClick={() => setDoing({ what: "add" })}>
              {t("Let somebody in")}
            </button>
            <button class="button" type="button" onClick={() => setDoing({ what: "moves-out" })}>
              {t("Somebody else moves out")}
            </button>
          </div>
        </section>
      ) : null}
      {isOwner.value && fleet.value?.is_hub && people ? <Fleet page="SiteRoles" /> : null}
      {isOwner.value ? <Everybody again={again} /> : null}
      {doing?.what === "add" ? <Add onClose={() => setDoing(null)} onDone={() => done()} /> : null}
      {doing?.what === "rights" ? <ChangeRights who={doing.who} onClose={() => setDoing(null)} onDone={() => done()} /> : null}
      {doing?.what === "password" ? <GivePassword who={doing.who} onClose={() => setDoing(null)} onDone={() => done()} /> : null}
      {doing?.what === "factors" ? (
        <Sure
          title={t("Take {name}'s second factors away?", { name: doing.who.name })}
          text={t("For who lost the phone. Code app, recovery codes and passkeys stop working, and they log in with the password alone until they set up new ones.")}
          yes={t("Take them away")}
          act={() => access.removeFactors(doing.who.id)}
          onClose={() => setDoing(null)}
          onDone={() => done()}
        />
      ) : null}
      {doing?.what === "moves-out" ? <LeaveSheet id={null} name="" onClose={() => setDoing(null)} /> : null}
      {doing?.what === "remove" ? <LeaveSheet id={doing.who.id} name={doing.who.name} onClose={(removed) => (removed ? done() : setDoing(null))} /> : null}
    </div>
  );
}

function Person({ person, onDo }: { person: Account; onDo: (doing: Doing) => void }) {
  const own = person.name === session.value?.user?.name;
  const strong = person.totp || person.passkeys > 0;
  const ways = [person.totp ? t("code app") : "", person.passkeys ? plural(person.passkeys, "a passkey", "{n} passkeys") : ""].filter(Boolean).join(", ");
  return (
    <li>
      <div>
        <strong>{person.name}</strong> {own ? <span class="tag">{t("you")}</span> : null}
        <p class="dim">
          {roleName(person.role)}, {seen(person.cameras)}
        </p>
        <p class="hint">
          {strong ? ways : <span class={person.role === "owner" ? "warm" : ""}>{t("no second factor")}</span>} ·{" "}
          {person.last_us ? t("last here {when}", { when: when(person.last_us) }) : t("not logged in")}
        </p>
      </div>
      {own ? (
        <a class="button" href="/settings/account">
          {t("Your account")}
        </a>
      ) : (
        <details class="access-more">
          <summary class="button" aria-label={t("What to do about {person}", { person: person.name })}>
            {t("Change")}
          </summary>
          <div>
            <button type="button" onClick={() => onDo({ what: "rights", who: person })}>
              {t("What they may do and see")}
            </button>
            <button type="button" onClick={() => onDo({ what: "password", who: person })}>
              {t("Give a new password")}
            </button>
            {strong ? (
              <button type="button" onClick={() => onDo({ what: "factors", who: person })}>
                {t("Take second factors away")}
              </button>
            ) : null}
            <button class="bad" type="button" onClick={() => onDo({ what: "remove", who: person })}>
              {t("Remove")}
            </button>
          </div>
        </details>
      )}
    </li>
  );
}

interface Closing {
  onClose: () => void;
  onDone: () => void;
}

function RightsFields({ value, onChange }: { value: Rights; onChange: (value: Rights) => void }) {
  return (
    <>
      <fieldset class="rights">
        <legend>{t("May")}</legend>
        {ROLES.map(([role, name, what]) => (
          <label class="tick" key={role}>
            <input type="radio" name="role" checked={value.role === role} onChange={() => onChange({ ...value, role })} />
            <span>
              <strong>{t(name)}</strong> <span class="dim">{t(what)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {value.role === "owner" ? null : <CameraRights value={value.cameras} onChange={(cameras) => onChange({ ...value, cameras })} />}
    </>
  );
}

function Add({ onClose, onDone }: Closing) {
  const [rights, setRights] = useState<Rights>({ role: "member", cameras: null });
  const [error, setError] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setError(null);
    access.addPerson({ ...rights, name: String(form.get("name")), password: String(form.get("password")) }).then(onDone, setError);
  };
  return (
    <Sheet title={t("Let somebody in")} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          {t("Name")}
          <input name="name" autocomplete="off" autocapitalize="none" maxLength={64} required autoFocus />
        </label>
        <label>
          {t("First password")}
          <input name="password" type="password" autocomplete="new-password" minLength={12} maxLength={128} required />
        </label>
        <p class="hint">{t("12 characters or more. Tell it in person; they change it under Settings, Your account.")}</p>
        <RightsFields value={rights} onChange={setRights} />
        <Foot error={error} yes={t("Let in")} onClose={onClose} />
      </form>
    </Sheet>
  );
}

function ChangeRights({ who, onClose, onDone }: Closing & { who: Account }) {
  const [rights, setRights] = useState<Rights>({ role: who.role, cameras: who.cameras });
  const [error, setError] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setError(null);
    access.setRights(who.id, rights).then(onDone, setError);
  };
  return (
    <Sheet title={t("What {who} may do and see", { who: who.name })} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <RightsFields value={rights} onChange={setRights} />
        <p class="hint">{t("It counts at once: {who} is logged out everywhere and logs in anew.", { who: who.name })}</p>
        <Foot error={error} yes={t("Change it")} onClose={onClose} />
      </form>
    </Sheet>
  );
}

function GivePassword({ who, onClose, onDone }: Closing & { who: Account }) {
  const [error, setError] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setError(null);
    access.givePassword(who.id, String(new FormData(event.currentTarget as HTMLFormElement).get("password"))).then(onDone, setError);
  };
  return (
    <Sheet title={t("A new password for {who}", { who: who.name })} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          {t("New password")}
          <input name="password" type="password" autocomplete="new-password" minLength={12} maxLength={128} required autoFocus />
        </label>
        <p class="hint">{t("{who} is logged out everywhere.", { who: who.name })}</p>
        <Foot error={error} yes={t("Give it")} onClose={onClose} />
      </form>
    </Sheet>
  );
}

function Foot({ error, yes, onClose }: { error: unknown; yes: string; onClose: () => void }) {
  return (
    <>
      <Trouble error={error} />
      <div class="sheet-foot">
        <button class="button" type="button" onClick={onClose}>
          {t("Leave it")}
        </button>
        <button class="button is-main" type="submit">
          {yes}
        </button>
      </div>
    </>
  );
}

function Sure<T>({ title, text, yes, act, onClose, onDone }: { title: string; text: string; yes: string; act: () => Promise<T>; onClose: () => void; onDone: (found: T) => void }) {
  const [error, setError] = useState<unknown>(null);
  return (
    <Sheet title={title} onClose={onClose}>
      <p class="sheet-question">{text}</p>
      <Trouble error={error} />
      <div class="sheet-foot">
        <First onClick={onClose}>{t("No")}</First>
        <button class="button is-main" type="button" onClick={() => void act().then(onDone, setError)}>
          {yes}
        </button>
      </div>
    </Sheet>
  );
}

function Everybody({ again }: { again: number }) {
  const [ended, setEnded] = useState(0);
  const [list, failed] = useLoaded(() => access.sessions(), [again, ended]);
  const [error, setError] = useState<unknown>(null);
  const renew = (): void => setEnded((count) => count + 1);
  return (
    <section class="panel">
      <h2>{t("Who is logged in")}</h2>
      <Trouble error={error ?? failed} />
      {list ? <Sessions list={list} named onEnd={(one) => void access.endSession(one.id).then(renew, setError)} /> : null}
      {list && list.length > 1 ? (
        <div class="row">
          <button class="button" type="button" onClick={() => void access.endOthers().then(renew, setError)}>
            <icons.Out size={18} /> {t("Log everybody else out")}
          </button>
        </div>
      ) : null}
    </section>
  );
}
