/** Somebody leaves for good: what counts as them, one press that ends it all, and the passwords they may still know. */

import { useState } from "preact/hooks";
import { capital } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { First, Sheet, Working } from "../parts/Sheet";
import { cameraName } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { type Chatter, type Gone, type Leave, leaving, type Resident, type Ties } from "./api";
import "./leaving.css";

/** `id` null is somebody without an account. `onClose` is told whether somebody was removed. */
export function LeaveSheet({ id, name, onClose }: { id: number | null; name: string; onClose: (done: boolean) => void }) {
  const [ties, failed] = useLoaded(() => leaving.ties(id), [id]);
  const [gone, setGone] = useState<Gone | null>(null);
  const [asked, setAsked] = useState<Leave | null>(null);
  if (gone) return <AfterSheet name={name} gone={gone} asked={asked} onGone={setGone} onClose={() => onClose(true)} />;
  return (
    <Sheet title={id === null ? t("Who moves out?") : t("Remove {name}?", { name })} onClose={() => onClose(false)}>
      <Trouble error={failed} />
      {ties ? (
        <Question
          ties={ties}
          id={id}
          onClose={() => onClose(false)}
          onDone={(leave, found) => {
            setAsked(leave);
            setGone(found);
          }}
        />
      ) : failed ? null : (
        <Working>{t("Looking who counts as somebody here")}</Working>
      )}
    </Sheet>
  );
}

function Question({ ties, id, onClose, onDone }: { ties: Ties; id: number | null; onClose: () => void; onDone: (leave: Leave, gone: Gone) => void }) {
  const [chats, setChats] = useState(() => ties.chats.filter((each) => each.likely).map((each) => each.user_id));
  const [residents, setResidents] = useState(() => ties.residents.filter((each) => each.likely).map((each) => each.person));
  const [error, setError] = useState<unknown>(null);
  const remove = (): void => {
    const leave: Leave = { user: id, chats, residents };
    setError(null);
    leaving.leave(leave).then((gone) => onDone(leave, gone), setError);
  };
  return (
    <>
      {id === null ? null : (
        <>
          <h3 class="leaving-head">{t("This ends at once")}</h3>
          <ul class="leaving-list">
            {endings(ties).map((each) => (
              <li key={each}>{told(each)}</li>
            ))}
          </ul>
        </>
      )}
      {ties.chats.length + ties.residents.length > 0 ? (
        <fieldset class="rights leaving-also">
          <legend>{id === null ? t("What counts as them?") : t("What else counts as {name}?", { name: ties.name })}</legend>
          {ties.residents.map((each) => (
            <Tick key={each.person} on={residents.includes(each.person)} onChange={() => setResidents(toggled(residents, each.person))} name={each.name} what={phones(each)} />
          ))}
          {ties.chats.map((each) => (
            <Tick key={each.user_id} on={chats.includes(each.user_id)} onChange={() => setChats(toggled(chats, each.user_id))} name={each.name} what={chat(each)} />
          ))}
        </fieldset>
      ) : id === null ? (
        <p class="sheet-question">{t("Nobody's phone counts as home, and nobody is enrolled with Telegram.")}</p>
      ) : null}
      <p class="hint leaving-hint">{id === null ? t("Their phones no longer count as home, their chat no longer commands. The log of who did what stays.") : t("What is ticked goes with the account. The log of who did what stays.")}</p>
      <Trouble error={error} />
      <div class="sheet-foot">
        <First onClick={onClose}>{t("Leave it")}</First>
        <button class="button is-main" type="button" disabled={id === null && chats.length + residents.length === 0} onClick={remove}>
          {t("Remove")}
        </button>
      </div>
    </>
  );
}

function AfterSheet({ name, gone, asked, onGone, onClose }: { name: string; gone: Gone; asked: Leave | null; onGone: (gone: Gone) => void; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const again = (): void => {
    if (!asked) return;
    setError(null);
    leaving.leave({ ...asked, user: null }).then((found) => onGone({ ...gone, left: found.left }), setError);
  };
  return (
    <Sheet title={name ? t("{name} is removed", { name }) : t("They are removed")} onClose={onClose}>
      {gone.left.length ? (
        <>
          <p class="sheet-question warm">{t("This could not be ended:")}</p>
          <ul class="leaving-list">
            {gone.left.map((each) => (
              <li key={each}>{told(each)}</li>
            ))}
          </ul>
        </>
      ) : null}
      {gone.cameras.length + gone.software.length ? (
        <>
          <h3 class="leaving-head">{t("Change these: {name} may know them", { name })}</h3>
          <ul class="leaving-list">
            {gone.cameras.map((each) => (
              <li key={each}>
                <a href={`/cameras/${each}/door`}>{t("Password of {camera}", { camera: cameraName(each) })}</a>
              </li>
            ))}
            {gone.software.map((each) => (
              <li key={each}>{each === "proxy" ? t("Password for other software (pictures)") : t("Password for other software (video)")}</li>
            ))}
          </ul>
        </>
      ) : (
        <p class="sheet-question">{t("Nothing here says that they knew a camera's password.")}</p>
      )}
      <p class="hint leaving-hint">{t("The password of your Wi-Fi, and those of anything you share, no page can take back.")}</p>
      <Trouble error={error} />
      <div class="sheet-foot">
        {gone.left.length ? (
          <button class="button" type="button" onClick={again}>
            {t("Try again")}
          </button>
        ) : null}
        <First main onClick={onClose}>
          {t("Close")}
        </First>
      </div>
    </Sheet>
  );
}

function Tick({ on, onChange, name, what }: { on: boolean; onChange: () => void; name: string; what: string }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={on} onChange={onChange} />
      <span>
        <strong>{name}</strong> <span class="dim">{what}</span>
      </span>
    </label>
  );
}

const toggled = <T,>(list: T[], one: T): T[] => (list.includes(one) ? list.filter((each) => each !== one) : [...list, one]);

const phones = (one: Resident): string =>
  one.devices.length ? t("counts as home by: {devices}", { devices: one.devices.join(", ") }) : t("counts as one of the household");

const chat = (one: Chatter): string => (one.role === "viewer" ? t("asks the house by Telegram") : t("commands the house by Telegram"));

function endings(ties: Ties): string[] {
  const found = [t("The account: no log-in any more")];
  if (ties.sessions) found.push(plural(ties.sessions, "One log-in that is open now", "{n} log-ins that are open now"));
  if (ties.code_app || ties.passkeys) {
    found.push(
      capital([ties.code_app ? t("code app") : "", ties.passkeys ? plural(ties.passkeys, "a passkey", "{n} passkeys") : ""].filter(Boolean).join(", ")),
    );
  }
  if (ties.tokens.length) found.push(t("Programs with their token: {names}", { names: ties.tokens.join(", ") }));
  if (ties.devices.length) found.push(t("Messages to: {names}", { names: ties.devices.join(", ") }));
  if (ties.links) found.push(plural(ties.links, "One link to footage", "{n} links to footage"));
  return found;
}
