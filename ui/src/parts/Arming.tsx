/** How the house is armed, in the frame of every page, and the sheet that changes it. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { type Arming, arming, type Mode } from "../arming";
import { ask } from "../ask";
import { isOwner } from "../store";
import { said, t } from "../words";
import { dates, listed } from "../words/figures";
import { told } from "../words/told";
import { Trouble } from "./bits";
import * as icons from "./icons";
import { Sheet } from "./Sheet";

const isOpen = signal(false);

const NAMES: Record<Mode, string> = { away: said("Armed"), home: said("Home|how the house is armed"), disarmed: said("Disarmed"), disabled: said("Disabled|how the house is armed") };
const MEANS: Record<Mode | "auto", string> = {
  away: said("Every visitor is told."),
  home: said("As while somebody is in."),
  disarmed: said("No visitor is told."),
  disabled: said("No visitor is told until somebody enables it again."),
  auto: said("Who is home and the schedule decide again."),
};
const DO: Record<Mode, string> = { away: said("Arm"), home: said("As at home"), disarmed: said("Disarm"), disabled: said("Disable") };
export const modeName = (mode: Mode): string => t(NAMES[mode]);
const at = dates({ weekday: "short", hour: "2-digit", minute: "2-digit" });

/** Who or what holds the mode, in one sentence. */
export function holder(now: Arming): string {
  if (now.cause === "person") {
    const who = now.via ? `${now.who} (${now.via})`.trim() : now.who;
    return now.until_us ? t("Set by {who}, until {time}.", { who, time: at(now.until_us) }) : t("Set by {who}.", { who });
  }
  if (now.cause === "schedule") return now.who ? t("By the schedule {name}.", { name: now.who }) : t("By the schedule.");
  return now.cause === "presence" ? t("By who is home.") : t("As ever while nobody is set up whose coming and going could be seen.");
}

export function ArmingButton() {
  const now = arming.value;
  if (!now) {
    return (
      <span class="rail-link is-mode" style={{ visibility: "hidden" }} aria-hidden="true">
        <span class="rail-icon">
          <icons.Shield />
        </span>
        <span>{modeName("home")}</span>
      </span>
    );
  }
  return (
    <button class="rail-link is-mode" type="button" onClick={() => (isOpen.value = true)} aria-label={t("{mode}: change", { mode: modeName(now.mode) })}>
      <span class="rail-icon">
        <icons.Shield />
        {now.question ? <i class="badge is-bad" aria-label={t("a question waits")} /> : null}
      </span>
      <span>{modeName(now.mode)}</span>
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
    <Sheet title={modeName(now.mode)} eyebrow={t("Since {time}", { time: at(now.since_us) })} onClose={close}>
      <p class="sheet-question">{holder(now)}</p>
      {now.evidence.map((line) => (
        <p key={line}>{told(line)}</p>
      ))}
      {now.stored ? null : <p>{t("The disk does not take it for now: after a power cut it would be forgotten.")}</p>}
      {isOwner.value ? (
        <>
          {now.mode === "away" ? (
            <form class="sheet-form" onSubmit={(event) => event.preventDefault()}>
              <label>
                {t("Your password, to watch less")}
                <input type="password" autocomplete="current-password" maxLength={256} value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
              </label>
            </form>
          ) : null}
          {asked ? (
            <div class="sheet-foot" style={{ flexWrap: "wrap" }}>
              <span>{t("{people} came home. Was it really you or yours?", { people: listed(asked.people) })}</span>
              <button class="button" type="button" disabled={busy} onClick={() => void send("/arming/answer", { number: asked.number, yes: false })}>
                {t("No")}
              </button>
              <button class="button is-main" type="button" disabled={busy} onClick={() => void send("/arming/answer", { number: asked.number, yes: true })}>
                {t("Yes, disarm")}
              </button>
            </div>
          ) : null}
          <div class="sheet-foot" style={{ flexWrap: "wrap" }}>
            {wanted.map((mode) => (
              <button key={mode} class={`button ${mode === "away" ? "is-main" : ""}`} type="button" disabled={busy} title={t(MEANS[mode])} onClick={() => void send("/arming", { mode })}>
                {mode === "auto" ? (now.mode === "disabled" ? t("Enable") : t("Automatic")) : t(DO[mode])}
              </button>
            ))}
          </div>
        </>
      ) : null}
      {error ? <Trouble error={error} /> : null}
      <a class="link" href="/house" onClick={close}>
        {t("Who is home, the schedule and what changed it")}
      </a>
    </Sheet>
  );
}
