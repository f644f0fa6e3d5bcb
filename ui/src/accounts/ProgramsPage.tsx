/** Tokens: what programs may ask the house without a person. */

import { useState } from "preact/hooks";
import { Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Sheet } from "../parts/Sheet";
import { isOwner, now_us } from "../store";
import { rich, t } from "../words";
import { dates } from "../words/figures";
import { access, type Token } from "./api";
import "./accounts.css";
import { CameraRights } from "./Cameras";
import { Tabs } from "./Tabs";
import { SCOPES, scopeName, seen, when, whence } from "./words";

const day = dates({ dateStyle: "medium" });

export default function ProgramsPage() {
  const [again, setAgain] = useState(0);
  const [tokens, failed] = useLoaded(() => (isOwner.value ? access.tokens() : Promise.resolve([])), [again]);
  const [making, setMaking] = useState(false);
  const [word, setWord] = useState("");
  const [error, setError] = useState<unknown>(null);
  const renew = (): void => setAgain((count) => count + 1);
  return (
    <div class="page is-narrow">
      <Head title={t("Programs")} />
      <Tabs />
      <Trouble error={error ?? failed} />
      {tokens?.length ? (
        <section class="panel">
          <ul class="access-list">
            {tokens.map((each) => (
              <TokenRow key={each.id} token={each} onRemove={() => void access.removeToken(each.id).then(renew, setError)} />
            ))}
          </ul>
        </section>
      ) : tokens ? (
        <Empty icon={<icons.Key size={40} />} title={t("No program has a token")}>
          {rich("Home Assistant, a script or another player asks the house with a token of its own, for just what you give it. See the {link}.", { link: <a href="/docs">API</a> })}
        </Empty>
      ) : null}
      {isOwner.value ? (
        <div class="row access-add">
          <button class="button is-main" type="button" onClick={() => setMaking(true)}>
            {t("Make a token")}
          </button>
        </div>
      ) : null}
      {making ? (
        <Make
          onClose={() => setMaking(false)}
          onDone={(made) => {
            setMaking(false);
            setWord(made);
            renew();
          }}
        />
      ) : null}
      {word ? <Word word={word} onClose={() => setWord("")} /> : null}
    </div>
  );
}

function TokenRow({ token, onRemove }: { token: Token; onRemove: () => void }) {
  const over = token.expires_us !== null && token.expires_us < now_us.value;
  return (
    <li>
      <div>
        <strong>{token.name}</strong> {over ? <span class="bad">{t("ended")}</span> : null}
        <p class="dim">
          {token.scopes.map(scopeName).join(", ")}; {seen(token.cameras)}
        </p>
        <p class="hint">
          {t("For {user}", { user: token.user })} · {token.expires_us === null ? t("until it is taken away") : t("until {day}", { day: day(token.expires_us) })} ·{" "}
          {token.used_us ? t("last used {when}, from {whence}", { when: when(token.used_us), whence: whence(token.used_from) }) : t("never used")}
        </p>
      </div>
      <button class="button" type="button" aria-label={t("Take the token {token} away", { token: token.name })} onClick={onRemove}>
        {t("Take away")}
      </button>
    </li>
  );
}

function Make({ onClose, onDone }: { onClose: () => void; onDone: (word: string) => void }) {
  const [scopes, setScopes] = useState<string[]>(["look"]);
  const [cameras, setCameras] = useState<string[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const toggle = (scope: string): void => setScopes(scopes.includes(scope) ? scopes.filter((each) => each !== scope) : [...scopes, scope]);
  const manages = scopes.includes("manage");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const days = Number(form.get("days"));
    setError(null);
    access.addToken({ name: String(form.get("name")), scopes, cameras: manages ? null : cameras, days: days || null }).then((made) => onDone(made.word), setError);
  };
  return (
    <Sheet title={t("Make a token")} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          {t("For which program?")}
          <input name="name" maxLength={64} placeholder="Home Assistant" required autoFocus />
        </label>
        <fieldset class="rights">
          <legend>{t("It may")}</legend>
          {SCOPES.map(([scope, name, what]) => (
            <label class="tick" key={scope}>
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              <span>
                <strong>{t(name)}</strong> <span class="dim">{t(what)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {manages ? <p class="hint">{t("What manages the house sees all of it.")}</p> : <CameraRights value={cameras} onChange={setCameras} />}
        <label>
          {t("How long")}
          <select name="days">
            <option value="365">{t("a year")}</option>
            <option value="90">{t("three months")}</option>
            <option value="7">{t("a week")}</option>
            <option value="0">{t("until it is taken away")}</option>
          </select>
        </label>
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" onClick={onClose}>
            {t("Leave it")}
          </button>
          <button class="button is-main" type="submit" disabled={!scopes.length}>
            {t("Make it")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function Word({ word, onClose }: { word: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Sheet title={t("The token")} locked onClose={onClose}>
      <p class="sheet-question">{t("It is shown this once. The program sends it as a header with each request:")}</p>
      <p class="command">
        <code data-token>Authorization: Bearer {word}</code>
      </p>
      <div class="sheet-foot">
        <button class="button" type="button" onClick={() => void navigator.clipboard?.writeText(word).then(() => setCopied(true), () => undefined)}>
          {copied ? t("Copied") : t("Copy")}
        </button>
        <button class="button is-main" type="button" onClick={onClose}>
          {t("I have it")}
        </button>
      </div>
    </Sheet>
  );
}
