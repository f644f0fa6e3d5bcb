/** Setting up the house, step by step. Every step can be skipped and come back to; how far one came is kept. */

import "./wizard.css";
import "./steps.css";
import "../config/config.css";
import "../config/editors.css";
import { type ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { house } from "../store";
import { said, t } from "../words";
import { Backup } from "./Backup";
import { Outside } from "./Outside";
import { People } from "./People";
import { OnPhone } from "./OnPhone";
import { Mail, Tellings } from "./Telling";
import { Account, Cameras, Detector, Storage, Zones } from "./Steps";
import { nextStep, ORDER, type Progress, type StepName, welcome } from "./welcome";

export interface StepProps {
  /** The step has what it needs: its button says so. */
  onDone: (done: boolean) => void;
}

interface Step {
  title: string;
  short: string;
  lead: string;
  /** What it means to leave it for later. */
  skip: string;
  Body: ComponentType<StepProps>;
}

const STEPS: Record<StepName, Step> = {
  cameras: {
    title: said("Find your cameras"),
    short: said("Cameras"),
    lead: said("Hearthwatch looks around in your own network. Nothing is asked of anybody outside."),
    skip: said("Without a camera of yours the demo street is shown."),
    Body: Cameras,
  },
  zones: {
    title: said("Draw where it matters"),
    short: said("Zones"),
    lead: said("Mark the path to your door, and cover what should never be looked at."),
    skip: said("Without zones the whole picture counts."),
    Body: Zones,
  },
  tellings: {
    title: said("What do you want to be told?"),
    short: said("What is told"),
    lead: said("Choose for each camera. Everything else is still recorded."),
    skip: said("Without a choice you are told of people, dogs and cats, without pictures."),
    Body: Tellings,
  },
  telegram: {
    title: said("Be told on your phone"),
    short: said("Phone"),
    lead: said("By Telegram, which is a remote control for the house as well, and by notifications of this page."),
    skip: said("Without it, alerts take the other ways you set up."),
    Body: OnPhone,
  },
  mail: {
    title: said("E-mail"),
    short: said("E-mail"),
    lead: said("A second way for what is urgent, and one that keeps for years."),
    skip: said("Without it no mail is sent."),
    Body: Mail,
  },
  people: {
    title: said("Who lives here?"),
    short: said("People"),
    lead: said("When everybody’s phone has left, the house arms by itself, and disarms when somebody comes home."),
    skip: said("Without people the house stays armed, and you arm and disarm by hand."),
    Body: People,
  },
  storage: {
    title: said("Where footage lives"),
    short: said("Storage"),
    lead: said("Which disk it is kept on, and for how long."),
    skip: said("Without a choice it stays where it is, for 7 to 30 days."),
    Body: Storage,
  },
  backup: {
    title: said("Copies somewhere else"),
    short: said("Copies"),
    lead: said("A burglar takes the box, too. Copies leave while something happens, and are proved to have arrived."),
    skip: said("Without copies, what is stolen with the box is gone."),
    Body: Backup,
  },
  detector: {
    title: said("The detection model"),
    short: said("Detector"),
    lead: said("It tells people from cats and cars, on this machine alone."),
    skip: said("Without it only people are recognised, and some are missed."),
    Body: Detector,
  },
  outside: {
    title: said("From outside"),
    short: said("From outside"),
    lead: said("How to see your house from anywhere, without opening it to everybody."),
    skip: said("Without it the page works at home, and alerts reach you everywhere all the same."),
    Body: Outside,
  },
  account: {
    title: said("A second lock for your account"),
    short: said("Second factor"),
    lead: said("A password can be guessed or stolen. A second factor makes that useless."),
    skip: said("Without it your password alone opens the house. Do not open the page to the outside then."),
    Body: Account,
  },
};

export default function Wizard() {
  const [progress, failed, setProgress] = useLoaded(welcome.progress, []);
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = place.value.query.get("step") ?? "";
  const name = ORDER.find((step) => step === asked) ?? (asked === "end" ? "end" : progress ? nextStep(progress.steps) : "end");
  useEffect(() => {
    setDone(false);
    setError(null);
    heading.current?.focus({ preventScroll: true });
    document.querySelector(".wizard-steps [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [name, progress !== null]);
  if (!progress) return <div class="page">{failed ? <Trouble error={failed} /> : null}</div>;

  const open = (step: StepName | "end"): void => go(`/welcome?step=${step}`);
  const leave = (step: StepName, state: "done" | "skipped"): void => {
    setError(null);
    welcome.went({ [step]: state }, progress.closed).then((next) => {
      setProgress(next);
      open(ORDER[ORDER.indexOf(step) + 1] ?? "end");
    }, setError);
  };
  const close = (): void => {
    setError(null);
    welcome.went({}, true).then(() => go("/"), setError);
  };
  const step = name === "end" ? null : STEPS[name];
  const wasDone = name !== "end" && progress.steps[name] === "done";
  return (
    <div class="page wizard">
      <Ladder progress={progress} here={name} />
      <div class="wizard-main">
        {step && name !== "end" ? (
          <>
            <p class="eyebrow">
              {t("Step {step} of {steps}", { step: ORDER.indexOf(name) + 1, steps: ORDER.length })}
            </p>
            <h1 ref={heading} tabIndex={-1}>
              {t(step.title)}
            </h1>
            <p class="wizard-lead">{t(step.lead)}</p>
            <step.Body key={name} onDone={setDone} />
            <Trouble error={error} />
            <footer class="wizard-foot">
              {ORDER.indexOf(name) > 0 ? (
                <button class="button is-plain" type="button" onClick={() => open(ORDER[ORDER.indexOf(name) - 1] ?? name)}>
                  <icons.Back size={18} /> {t("Back")}
                </button>
              ) : null}
              <span class="spacer" />
              {done || wasDone ? null : (
                <span class="wizard-skip">
                  <button class="button" type="button" onClick={() => leave(name, "skipped")}>
                    {t("Skip this")}
                  </button>
                </span>
              )}
              {done || wasDone ? (
                <button class="button is-main" type="button" onClick={() => leave(name, "done")}>
                  {t("Go on")}
                </button>
              ) : null}
            </footer>
            {done || wasDone ? null : <p class="hint wizard-means">{t(step.skip)} {t("You can come back any time by Settings.")}</p>}
            {ORDER.indexOf(name) > ORDER.indexOf("telegram") ? (
              <p class="wizard-means">
                <button class="link" type="button" onClick={() => open("end")}>
                  {t("Do the rest later")}
                </button>
              </p>
            ) : null}
          </>
        ) : (
          <End progress={progress} heading={heading} onClose={close} error={error} />
        )}
      </div>
    </div>
  );
}

function Ladder({ progress, here }: { progress: Progress; here: StepName | "end" }) {
  return (
    <nav class="wizard-steps" aria-label={t("Steps of the set-up")}>
      <ol>
        {ORDER.map((name, at) => {
          const state = progress.steps[name];
          return (
            <li key={name}>
              <a href={`/welcome?step=${name}`} aria-current={here === name ? "step" : undefined} class={state ? `is-${state}` : ""}>
                <span class="wizard-number" aria-hidden="true">
                  {state === "done" ? <icons.Check size={15} /> : at + 1}
                </span>
                {t(STEPS[name].short)}
                <span class="sr">{state ? `, ${state === "done" ? t("done") : t("skipped")}` : ""}</span>
              </a>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function End({ progress, heading, onClose, error }: { progress: Progress; heading: { current: HTMLHeadingElement | null }; onClose: () => void; error: unknown }) {
  const left = ORDER.filter((name) => progress.steps[name] !== "done");
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {house.value?.name ? t("{house} is watched", { house: house.value.name }) : t("Your house is watched")}
      </h1>
      <p class="wizard-lead">{left.length ? t("You can do the rest whenever you like: Settings leads back here.") : t("Everything is set up.")}</p>
      {left.length ? (
        <ul class="list wizard-left">
          {left.map((name) => (
            <li key={name}>
              <span>
                <strong>{t(STEPS[name].short)}</strong>
                <span class="dim">{t(STEPS[name].skip)}</span>
              </span>
              <a class="button is-small" href={`/welcome?step=${name}`}>
                {t("Do it now")}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      <Trouble error={error} />
      <footer class="wizard-foot">
        <span class="spacer" />
        <button class="button is-main" type="button" onClick={onClose}>
          {t("To the wall")}
        </button>
      </footer>
    </>
  );
}
