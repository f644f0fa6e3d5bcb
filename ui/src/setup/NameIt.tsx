/** A camera that was tried: its picture, what it is and costs, and the name it gets. */

import { useState } from "preact/hooks";
import { vendorName } from "../doors/words";
import { capital } from "../format";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameraName } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { cameraSetup, type CameraTrial, type TriedStream } from "./api";
import { StepHead } from "./StepHead";

export function NameIt({ trial, onBack, onAdded }: { trial: CameraTrial; onBack: () => void; onAdded: (camera: string) => void }) {
  const [name, setName] = useState(trial.name.slice(0, 60));
  const [main, setMain] = useState(trial.main);
  const [sub, setSub] = useState(trial.sub);
  const [watch, setWatch] = useState(true);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onAdded((await cameraSetup.add({ trial: trial.id, name: name.trim(), main, sub, watch_door: watch })).camera);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const facts: [string, string][] = [
    [t("Make"), [trial.maker, trial.vendor ? vendorName(trial.vendor) : ""].filter((word, at, all) => word && all.indexOf(word) === at).join(" · ")],
    [t("Model"), trial.model],
    [t("Firmware"), trial.firmware],
    ["MAC", trial.mac],
    [t("Serial number"), trial.serial],
    [t("Address"), trial.host],
  ];
  return (
    <section class="panel find-step">
      <StepHead title={[trial.maker, trial.model].filter(Boolean).join(" ") || trial.host || t("The camera")} busy={busy} onBack={onBack}>
        {t("It works. Look at the picture and give it a name.")}
      </StepHead>
      {trial.camera ? <p class="note">{t("This is a camera of yours already: {camera}. Added again, it is watched twice.", { camera: cameraName(trial.camera) })}</p> : null}
      <div class="find-tried">
        <div class="find-picture">
          {trial.has_picture ? (
            <img src={cameraSetup.picture(trial.id)} alt={trial.name ? t("What {camera} shows now", { camera: trial.name }) : t("What the camera shows now")} />
          ) : (
            <p class="dim">
              <icons.Camera size={30} />
              {t("No picture yet: it shows one once it is added.")}
            </p>
          )}
        </div>
        <dl class="facts find-facts">
          {facts
            .filter(([, value]) => value)
            .map(([word, value]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{value}</dd>
              </div>
            ))}
        </dl>
      </div>
      {trial.remarks.map((text) => (
        <p class="note find-remark" key={text}>
          {told(text)}
        </p>
      ))}
      <form class="sheet-form" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <label>
          <span>{t("Name")}</span>
          <input name="name" placeholder={t("Front door")} maxLength={60} required autocomplete="off" disabled={busy} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        {trial.streams.length ? (
          <div class="find-streams">
            <Pick title={t("Recorded")} name="main" value={main} streams={trial.streams} disabled={busy} onPick={setMain} />
            <Pick title={t("Looked at")} name="sub" value={sub} streams={trial.streams.filter((one) => one.url !== main)} disabled={busy} none={t("The recorded one, which costs more")} onPick={setSub} />
          </div>
        ) : null}
        {trial.vendor ? (
          <label class="tick">
            <input type="checkbox" name="watch-door" checked={watch} disabled={busy} onChange={(event) => setWatch(event.currentTarget.checked)} /> {t("Also watch who logs in to the camera, and its settings")}
          </label>
        ) : null}
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" disabled={busy} onClick={onBack}>
            {t("Not this one")}
          </button>
          <button class="button is-main" type="submit" disabled={busy || !name.trim()}>
            {busy ? t("One moment…") : t("Add this camera")}
          </button>
        </div>
      </form>
    </section>
  );
}

function Pick({ title, name, value, streams, disabled, none, onPick }: { title: string; name: string; value: string; streams: TriedStream[]; disabled: boolean; none?: string; onPick: (url: string) => void }) {
  return (
    <fieldset class="find-pick" disabled={disabled}>
      <legend>{title}</legend>
      {streams.map((one) => (
        <label key={one.url}>
          <input type="radio" name={name} checked={value === one.url} onChange={() => onPick(one.url)} />
          <span>
            <strong>{capital(one.name)}</strong>
            <span class={one.trouble ? "bad" : "dim"}>{told(one.trouble || one.words) || one.url}</span>
          </span>
        </label>
      ))}
      {none ? (
        <label>
          <input type="radio" name={name} checked={value === ""} onChange={() => onPick("")} />
          <span>
            <strong>{t("None")}</strong>
            <span class="dim">{none}</span>
          </span>
        </label>
      ) : null}
    </fieldset>
  );
}
