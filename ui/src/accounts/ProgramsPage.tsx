/** Tokens: what programs may ask the house without a person. */

import { useState } from "preact/hooks";
import { Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Sheet } from "../parts/Sheet";
import { isOwner, now_us } from "../store";
import { access, type Token } from "./api";
import "./accounts.css";
import { CameraRights } from "./Cameras";
import { Tabs } from "./Tabs";
import { SCOPES, scopeName, seen, when, whence } from "./words";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

export default function ProgramsPage() {
  const [again, setAgain] = useState(0);
  const [tokens, failed] = useLoaded(() => (isOwner.value ? access.tokens() : Promise.resolve([])), [again]);
  const [making, setMaking] = useState(false);
  const [word, setWord] = useState("");
  const [error, setError] = useState<unknown>(null);
  const renew = (): void => setAgain((count) => count + 1);
  return (
    <div class="page is-narrow">
      <Head title="Programs" />
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
        <Empty icon={<icons.Key size={40} />} title="No program has a token">
          Home Assistant, a script or another player asks the house with a token of its own, for just what you give it. See the <a href="/docs">API</a>.
        </Empty>
      ) : null}
      {isOwner.value ? (
        <div class="row access-add">
          <button class="button is-main" type="button" onClick={() => setMaking(true)}>
            Make a token
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
        <strong>{token.name}</strong> {over ? <span class="bad">ended</span> : null}
        <p class="dim">
          {token.scopes.map(scopeName).join(", ")}; {seen(token.cameras)}
        </p>
        <p class="hint">
          For {token.user} · {token.expires_us === null ? "until it is taken away" : `until ${DAY.format(token.expires_us / 1000)}`} ·{" "}
          {token.used_us ? `last used ${when(token.used_us)}, from ${whence(token.used_from)}` : "never used"}
        </p>
      </div>
      <button class="button" type="button" aria-label={`Take the token ${token.name} away`} onClick={onRemove}>
        Take away
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
    <Sheet title="Make a token" onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          For which program?
          <input name="name" maxLength={64} placeholder="Home Assistant" required autoFocus />
        </label>
        <fieldset class="rights">
          <legend>It may</legend>
          {SCOPES.map(([scope, name, what]) => (
            <label class="tick" key={scope}>
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              <span>
                <strong>{name}</strong> <span class="dim">{what}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {manages ? <p class="hint">What manages the house sees all of it.</p> : <CameraRights value={cameras} onChange={setCameras} />}
        <label>
          How long
          <select name="days">
            <option value="365">a year</option>
            <option value="90">three months</option>
            <option value="7">a week</option>
            <option value="0">until it is taken away</option>
          </select>
        </label>
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" onClick={onClose}>
            Leave it
          </button>
          <button class="button is-main" type="submit" disabled={!scopes.length}>
            Make it
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function Word({ word, onClose }: { word: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Sheet title="The token" locked onClose={onClose}>
      <p class="sheet-question">It is shown this once. The program sends it as a header with each request:</p>
      <p class="command">
        <code data-token>Authorization: Bearer {word}</code>
      </p>
      <div class="sheet-foot">
        <button class="button" type="button" onClick={() => void navigator.clipboard?.writeText(word).then(() => setCopied(true), () => undefined)}>
          {copied ? "Copied" : "Copy"}
        </button>
        <button class="button is-main" type="button" onClick={onClose}>
          I have it
        </button>
      </div>
    </Sheet>
  );
}
