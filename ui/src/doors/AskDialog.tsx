/** Asks once more before anything is done to a camera, does it, and shows how it ended. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { First, Sheet, Working } from "../parts/Sheet";
import { cameraName } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { doors, type Entry, type Offer } from "./api";
import { asked, deeds, fieldsOf, filled, followed, wantsFile } from "./asking";
import { outcome } from "./words";

type Step =
  | { at: "fill" }
  | { at: "file" }
  | { at: "wait"; text: string }
  | { at: "question"; confirm: string; text: string }
  | { at: "impossible"; text: string }
  | { at: "over"; entry: Entry; password: string | null }
  | { at: "trouble"; error: unknown };

export function AskDialog() {
  const offer = asked.value;
  return offer ? <Asking key={`${offer.camera}/${offer.kind}/${offer.subject}/${offer.value}`} offer={offer} /> : null;
}

function Asking({ offer }: { offer: Offer }) {
  const [step, setStep] = useState<Step>(() => (fieldsOf(offer).length ? { at: "fill" } : wantsFile(offer) ? { at: "file" } : { at: "wait", text: t("One moment…") }));
  const fail = (error: unknown): void => setStep({ at: "trouble", error });

  const ask = (whole: Offer): void => {
    setStep({ at: "wait", text: t("One moment…") });
    doors.ask(whole).then(({ confirm, question }) => setStep(confirm ? { at: "question", confirm, text: told(question) } : { at: "impossible", text: told(question) }), fail);
  };
  useEffect(() => {
    if (step.at === "wait") ask(offer);
  }, []);

  const close = (): void => {
    if (step.at === "question") void doors.decline(offer.camera, step.confirm).catch(() => undefined);
    if (asked.value === offer) asked.value = null;
  };
  const confirm = async (id: string): Promise<void> => {
    setStep({ at: "wait", text: t("Doing it and reading it back. This can take half a minute…") });
    try {
      const { entry, password } = await doors.confirm(offer.camera, id);
      setStep({ at: "over", entry: await followed(entry), password });
    } catch (error) {
      fail(error);
    }
    deeds.value += 1;
  };
  const upload = async (file: File): Promise<void> => {
    setStep({ at: "wait", text: t("Taking {file}…", { file: file.name }) });
    try {
      const { subject } = await doors.upload(file);
      ask({ ...offer, subject });
    } catch (error) {
      fail(error);
    }
  };
  const shut = (
    <div class="sheet-foot">
      <First main onClick={close}>{t("Close")}</First>
    </div>
  );
  return (
    <Sheet title={offer.label} eyebrow={cameraName(offer.camera)} locked={step.at === "wait" || (step.at === "over" && step.password !== null)} onClose={close}>
      {step.at === "wait" ? <Working>{step.text}</Working> : null}
      {step.at === "fill" ? <Fill offer={offer} onDone={ask} onClose={close} /> : null}
      {step.at === "file" ? <Pick onPick={upload} /> : null}
      {step.at === "question" ? (
        <>
          <p class="sheet-question">{step.text}</p>
          <div class="sheet-foot">
            <First onClick={close}>{t("No")}</First>
            <button class="button is-main" type="button" onClick={() => void confirm(step.confirm)}>
              {t("Yes, do it")}
            </button>
          </div>
        </>
      ) : null}
      {step.at === "impossible" ? (
        <Ended tone="warm" word={t("Not possible from here")} text={step.text}>
          {shut}
        </Ended>
      ) : null}
      {step.at === "over" ? (
        <Ended {...outcome(step.entry.state)} text={told(step.entry.text)} verified={step.entry.state === "done" && step.entry.verified}>
          {step.password ? <NewPassword password={step.password} /> : null}
          {!step.password && step.entry.kind === "change-password" && step.entry.state === "done" ? (
            <p class="hint">{t("The new password is sealed in Hearthwatch. It is shown here only over HTTPS or on the machine itself, and only at once.")}</p>
          ) : null}
          {shut}
        </Ended>
      ) : null}
      {step.at === "trouble" ? (
        <>
          <Trouble error={step.error} />
          {shut}
        </>
      ) : null}
    </Sheet>
  );
}

function Ended({ tone, word, text, verified = false, children }: { tone: string; word: string; text: string; verified?: boolean; children: ComponentChildren }) {
  return (
    <div role="status">
      <p class={`ended is-${tone}`}>
        <span class="ended-mark" aria-hidden="true">
          {tone === "good" ? <icons.Check size={20} /> : <icons.Warn size={20} />}
        </span>
        <span>
          <strong>{word}</strong>
          {verified ? <span class="dim"> · {t("read back from the camera")}</span> : null}
        </span>
      </p>
      <p class="sheet-question">{text}</p>
      {children}
    </div>
  );
}

function NewPassword({ password }: { password: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div class="new-password">
      <p>
        <strong>{t("The new password")}</strong> <span class="dim">{t("is shown this once. Write it down for your own app; Hearthwatch keeps its own copy sealed.")}</span>
      </p>
      <div class="row">
        <code class="big-code" data-password>
          {password}
        </code>
        <button class="button" type="button" onClick={() => void navigator.clipboard?.writeText(password).then(() => setCopied(true), () => undefined)}>
          {copied ? t("Copied") : t("Copy")}
        </button>
      </div>
    </div>
  );
}

function Fill({ offer, onDone, onClose }: { offer: Offer; onDone: (offer: Offer) => void; onClose: () => void }) {
  const fields = fieldsOf(offer);
  const [words, setWords] = useState<Record<string, string>>({});
  const empty = !Object.values(words).some((word) => word.trim());
  return (
    <form
      class="sheet-form"
      onSubmit={(event) => {
        event.preventDefault();
        onDone(filled(offer, words));
      }}
    >
      {fields.map((field, number) => (
        <label key={field.name}>
          {t(field.label)}
          <input
            name={field.name}
            placeholder={t(field.placeholder)}
            required={field.needed}
            autoFocus={number === 0}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={256}
            value={words[field.name] ?? ""}
            onInput={(event) => setWords({ ...words, [field.name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <div class="sheet-foot">
        <button class="button" type="button" onClick={onClose}>
          {t("No")}
        </button>
        <button class="button is-main" type="submit" disabled={empty}>
          {t("Go on")}
        </button>
      </div>
    </form>
  );
}

function Pick({ onPick }: { onPick: (file: File) => void }) {
  return (
    <div class="sheet-form">
      <p class="sheet-question">{t("Pick the maker's firmware file for just this model. Nothing is installed before you are asked once more.")}</p>
      <input type="file" aria-label={t("Firmware file")} autoFocus onChange={(event) => event.currentTarget.files?.[0] && onPick(event.currentTarget.files[0])} />
    </div>
  );
}
