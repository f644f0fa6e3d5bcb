/** The step of the set-up that makes the owner's phone one that is told: by Telegram, and by notifications of this page. */

import { useEffect, useState } from "preact/hooks";
import { api, type Enrolment } from "../api";
import { ask } from "../ask";
import { setSecret } from "../config/api";
import { clock } from "../format";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { Phones } from "../parts/Phones";
import { Working } from "../parts/Sheet";
import { PushCard } from "../push/PushCard";
import { house } from "../store";
import { rich, t } from "../words";
import type { StepProps } from "./Wizard";

const LOOK_MS = 1500;

export function OnPhone({ onDone }: StepProps) {
  return (
    <>
      {house.value?.telegram ? <Connect onDone={onDone} /> : <Token />}
      <PushCard onNotified={() => onDone(true)} />
    </>
  );
}

/** The bot is there: a code makes a phone one of the house's, and the page sees by itself when it was sent. */
function Connect({ onDone }: StepProps) {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [known, setKnown] = useState<number | null>(null);
  const [joined, setJoined] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const count = (): Promise<number> => ask<unknown[]>("GET", "/telegram/people").then((found) => found.length);
  useEffect(() => {
    count().then((found) => {
      setKnown(found);
      if (found) onDone(true);
    }, setError);
  }, []);
  useEffect(() => {
    if (!enrolment || known === null) return undefined;
    const timer = setInterval(() => {
      count().then((found) => {
        if (found <= known) return;
        setKnown(found);
        setEnrolment(null);
        setJoined(true);
        onDone(true);
      }, setError);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [enrolment, known]);
  const enrol = (): void => {
    setError(null);
    setJoined(false);
    api.enrolTelegram("").then(setEnrolment, setError);
  };
  return (
    <section class="panel wizard-panel">
      <h2>{t("Telegram")}</h2>
      <Phones key={known ?? 0} />
      {joined ? (
        <p class="ended is-good" role="status">
          <span class="ended-mark" aria-hidden="true">
            <icons.Check />
          </span>
          <span>{t("Connected. The bot has greeted this phone.")}</span>
        </p>
      ) : null}
      {enrolment ? (
        <>
          <p class="enrol">
            {rich("Send {code} to {bot} {before}", {
              code: (
                <code class="big-code" role="group" aria-label={t("One-time code")}>
                  {enrolment.code}
                </code>
              ),
              bot: enrolment.bot ? <strong>@{enrolment.bot}</strong> : t("your bot"),
              before: <span class="dim">{t("before {time}.", { time: clock(enrolment.expires_us) })}</span>,
            })}
          </p>
          <Working>{t("Waiting for the code to come…")}</Working>
        </>
      ) : (
        <>
          {joined ? null : <p>{t("The bot is set up. Now connect your phone: you get a code, and send it to the bot.")}</p>}
          <button class={`button${joined ? "" : " is-main"}`} type="button" onClick={enrol}>
            {joined ? t("Connect another phone") : t("Show the code")}
          </button>
        </>
      )}
      <Trouble error={error} />
    </section>
  );
}

/** How to make a bot, and where its token goes. */
function Token() {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const give = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await setSecret("alerts.telegram.token", token.trim());
      setToken("");
      for (let left = 15; left > 0; left--) {
        const next = await api.house();
        house.value = next;
        if (next.telegram) break;
        await new Promise((done) => setTimeout(done, 1000));
      }
    } catch (found) {
      setError(found);
    }
    setBusy(false);
  };
  return (
    <section class="panel wizard-panel">
      <h2>{t("Telegram")}</h2>
      <form
        class="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim()) void give();
        }}
      >
        <ol class="wizard-how">
          <li>
            {rich("Open Telegram on your phone, look for {bot} and press Start.", { bot: <strong>@BotFather</strong> })}
          </li>
          <li>
            {rich("Send {command}, and give it a name as you like.", { command: <code>/newbot</code> })}
          </li>
          <li>{t("Copy the long token it answers with to here.")}</li>
        </ol>
        <label>
          {t("The bot’s token")}
          <input type="password" autocomplete="off" value={token} placeholder="123456789:AA…" onInput={(event) => setToken(event.currentTarget.value)} />
        </label>
        <button class="button is-main" type="submit" disabled={busy || !token.trim()}>
          {t("Keep the token")}
        </button>
        {busy ? <Working>{t("Asking Telegram for the bot…")}</Working> : null}
        <p class="hint">{t("It is kept sealed on this machine and never shown again.")}</p>
      </form>
      <Trouble error={error} />
    </section>
  );
}
