/** How the house is armed, in the frame of every page, and the sheet that changes it. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { type Arming, arming, type Mode } from "../arming";
import { ask } from "../ask";
import { isOwner } from "../store";
import { Trouble } from "./bits";
import * as icons from "./icons";
import { Sheet } from "./Sheet";

const isOpen = signal(false);

const NAMES: Record<Mode, string> = { away: "Armed", home: "Home", disarmed: "Disarmed", disabled: "Disabled" };
const MEANS: Record<Mode | "auto", string> = {
  away: "Every visitor is told.",
  home: "As while somebody is in.",
  disarmed: "No visitor is told.",
  disabled: "No visitor is told until somebody enables it again.",
  auto: "Who is home and the schedule decide again.",
};
const time = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const at = (us: number): string => time.format(new Date(us / 1000));

/** Who or what holds the mode, in one sentence. */
export function holder(now: Arming): string {
  const who = now.who ? ` ${now.who}` : "";
  const via = now.via ? ` (${now.via})` : "";
  if (now.cause === "person") return `Set by${who}${via}${now.until_us ? `, until ${at(now.until_us)}` : ""}.`;
  if (now.cause === "schedule") return `By the schedule${who}.`;
  return now.cause === "presence" ? "By who is home." : "As ever while nobody is set up whose coming and going could be seen.";
}

export function ArmingButton() {
  const now = arming.value;
  if (!now) return null;
  return (
    <button class="rail-link" type="button" onClick={() => (isOpen.value = true)} aria-label={`${NAMES[now.mode]}: change`}>
      <span class="rail-icon">
        <icons.Shield />
        {now.question ? <i class="badge is-bad" aria-label="a question waits" /> : null}
      </span>
      <span>{NAMES[now.mode]}</span>
    </button>
  );
}

export function ArmingSheet() {
  const now = arming.value;
  return now && isOpen.value ? <Change now={now} /> : null;
}

function Change({ now }: { now: Arming }) {
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const close = (): void => {
    isOpen.value = false;
  };
  const send = async (path: string, body: Record<string, unknown>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      arming.value = await ask<Arming>("POST", path, {}, { ...body, password });
      close();
    } catch (found) {
      setError(found);
    }
    setBusy(false);
  };
  const modes = (["away", "home", "disarmed", "disabled"] as const).filter((mode) => mode !== now.mode && (now.mode !== "disabled" || mode === "disabled"));
  const wanted: (Mode | "auto")[] = now.cause === "person" ? [...modes, "auto"] : modes;
  const asked = now.question;
  return (
    <Sheet title={NAMES[now.mode]} eyebrow={`Since ${at(now.since_us)}`} onClose={close}>
      <p class="sheet-question">{holder(now)}</p>
      {now.evidence.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {now.stored ? null : <p>The disk does not take it for now: after a power cut it would be forgotten.</p>}
      {isOwner.value ? (
        <>
          {now.mode === "away" ? (
            <form class="sheet-form" onSubmit={(event) => event.preventDefault()}>
              <label>
                Your password, to watch less
                <input type="password" autocomplete="current-password" maxLength={256} value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
              </label>
            </form>
          ) : null}
          {asked ? (
            <div class="sheet-foot" style={{ flexWrap: "wrap" }}>
              <span>{asked.people.join(", ")} came home. Was it really you or yours?</span>
              <button class="button" type="button" disabled={busy} onClick={() => void send("/arming/answer", { number: asked.number, yes: false })}>
                No
              </button>
              <button class="button is-main" type="button" disabled={busy} onClick={() => void send("/arming/answer", { number: asked.number, yes: true })}>
                Yes, disarm
              </button>
            </div>
          ) : null}
          <div class="sheet-foot" style={{ flexWrap: "wrap" }}>
            {wanted.map((mode) => (
              <button key={mode} class={`button ${mode === "away" ? "is-main" : ""}`} type="button" disabled={busy} title={MEANS[mode]} onClick={() => void send("/arming", { mode })}>
                {mode === "auto" ? (now.mode === "disabled" ? "Enable" : "Automatic") : { away: "Arm", home: "As at home", disarmed: "Disarm", disabled: "Disable" }[mode]}
              </button>
            ))}
          </div>
        </>
      ) : null}
      {error ? <Trouble error={error} /> : null}
      <a class="link" href="/house" onClick={close}>
        Who is home, the schedule and what changed it
      </a>
    </Sheet>
  );
}
