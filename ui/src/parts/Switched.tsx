/** What the house can switch: whether it is on, trying it out, and switching it off. */

import { useState } from "preact/hooks";
import { ask } from "../ask";
import { clock } from "../format";
import { isOwner } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { Trouble, useLoaded } from "./bits";

/** See DeedReply in the API's documentation. */
interface Deed {
  at_us: number;
  turn: "on" | "off";
  why: string;
  done: boolean;
  text: string;
}
/** See ActionReply in the API's documentation. */
interface Action {
  name: string;
  title: string;
  enabled: boolean;
  on_since_us: number | null;
  off_us: number | null;
  last: Deed | null;
}

export function SwitchedCard() {
  const [turns, setTurns] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [found] = useLoaded(() => ask<Action[]>("GET", "/actions"), [turns]);
  if (!found?.length) return null;
  const press = (name: string, what: "test" | "off"): void => {
    setError(null);
    ask<Deed>("POST", `/actions/${name}/${what}`, {}).then((deed) => {
      setTurns((count) => count + 1);
      if (!deed.done) setError(new Error(told(deed.text)));
    }, setError);
  };
  return (
    <section class="panel">
      <h2>{t("Sirens, lights and the like")}</h2>
      <p class="dim">{t("A test lasts five seconds at most.")}</p>
      {found.map((action) => (
        <div class="row" key={action.name}>
          <span>
            <strong>{action.title}</strong> <span class="dim">{state(action)}</span>
          </span>
          <span class="spacer" />
          {isOwner.value ? (
            <button class="button" type="button" disabled={action.on_since_us !== null} onClick={() => press(action.name, "test")}>
              {t("Test")}
            </button>
          ) : null}
          <button class="button" type="button" onClick={() => press(action.name, "off")}>
            {t("Switch off")}
          </button>
        </div>
      ))}
      <Trouble error={error} />
    </section>
  );
}

function state(action: Action): string {
  if (action.on_since_us !== null) {
    const since = clock(action.on_since_us);
    return action.off_us !== null ? t("on since {since}, until {until}", { since, until: clock(action.off_us) }) : t("on since {since}", { since });
  }
  if (action.last && !action.last.done) return t("failed at {time}: {why}", { time: clock(action.last.at_us), why: told(action.last.text) });
  return action.enabled ? t("off") : t("off, and nothing switches it on by itself");
}
