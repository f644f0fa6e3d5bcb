/** How sensitive a camera is, against what moves in its picture now; and how large a thing must be to count. */

import { useState } from "preact/hooks";
import { type Change, type Config, sendChanges, valueAt } from "../config/api";
import { fromPercent, shownValue, toPercent } from "../config/model";
import { meter } from "../live/Tile";
import { seen } from "../labels";
import { Trouble } from "../parts/bits";
import { cameras } from "../store";
import { rich, t } from "../words";

export function Tuning({ camera, config, again }: { camera: string; config: Config; again: () => Promise<void> }) {
  const [error, setError] = useState<unknown>(null);
  const [saved, setSaved] = useState("");
  const send = (changes: readonly Change[], words: string): void => {
    setError(null);
    sendChanges(config.mark, changes).then(() => {
      setSaved(words);
      void again();
    }, setError);
  };
  const labels = config.sections.filter((section) => section.pattern.join(".") === "camera.NAME.labels.NAME" && section.path[1] === camera);
  return (
    <div class="two zones-tuning">
      <section>
        <h2>{t("How much must move")}</h2>
        <Sensitivity camera={camera} config={config} send={send} />
      </section>
      <section>
        <h2>{t("How large it must be")}</h2>
        <p class="dim">{t("Smaller things of a kind are not counted: leaves taken for a cat, people on the far pavement. The box shows the size in the picture.")}</p>
        {labels.map((section) => (
          <Size key={section.path.join(".")} path={section.path} now={section.values["min_area_frac"]?.value} send={send} />
        ))}
      </section>
      <p class="hint" role="status">
        {saved}
      </p>
      <Trouble error={error} />
    </div>
  );
}

const AS_SHARE = { name: "min_area_frac", kind: "number" };
const LEAST = 0.0005;
const MOST = 0.5;
const fromMeter = (place: number): number => LEAST * (MOST / LEAST) ** place;

function Sensitivity({ camera, config, send }: { camera: string; config: Config; send: (changes: readonly Change[], words: string) => void }) {
  const path = ["camera", camera, "motion", "sensitivity_frac"];
  const now = valueAt(config, path)?.value;
  const kept = typeof now === "number" ? now : 0.03;
  const [limit, setLimit] = useState(kept);
  const known = cameras.value.find((each) => each.id === camera);
  const moving = known?.motion_frac ?? 0;
  const percent = (frac: number): string => shownValue(Number(frac.toPrecision(2)), AS_SHARE);
  return (
    <>
      <p class="dim">{t("The bar is how much of the picture changes right now. Walk through it, and set the mark where you want to be told.")}</p>
      <div class={`tune-meter ${moving >= limit ? "is-above" : ""}`} role="meter" aria-label={t("What moves now")} aria-valuemin={0} aria-valuemax={100} aria-valuenow={toPercent(Number(moving.toPrecision(2)))} aria-valuetext={percent(moving)}>
        <span class="tune-bar" style={{ transform: `scaleX(${meter(moving)})` }} />
        <span class="tune-limit" style={{ left: `${meter(limit) * 100}%` }} />
      </div>
      <input
        class="tune-range"
        type="range"
        min={0.12}
        max={0.95}
        step={0.005}
        value={meter(limit)}
        aria-label={t("Sensitivity")}
        aria-valuetext={percent(limit)}
        onInput={(event) => setLimit(Number(fromMeter(Number(event.currentTarget.value)).toPrecision(2)))}
      />
      <p class="row">
        <span>
          {rich("Counts from {share} of the picture", { share: <strong>{percent(limit)}</strong> })} <span class="dim">· {t("now {share}", { share: percent(moving) })}</span>
        </span>
        <span class="spacer" />
        {limit !== kept ? (
          <button class="button is-main" type="button" onClick={() => send([{ path, value: limit }], t("Saved: how much must move."))}>
            {t("Save")}
          </button>
        ) : null}
      </p>
      <p class="hint">{t("0.2 % is the noise of an empty scene, 3 % is usual, 15 % is dull.")}</p>
    </>
  );
}

function Size({ path, now, send }: { path: readonly string[]; now: unknown; send: (changes: readonly Change[], words: string) => void }) {
  const kept = typeof now === "number" ? now : 0;
  const [size, setSize] = useState(kept);
  const label = path.at(-1) ?? "";
  const side = Math.sqrt(size) * 100;
  return (
    <div class="size-row">
      <span class="size-box" aria-hidden="true">
        <i style={{ width: `${side}%`, height: `${side}%` }} />
      </span>
      <label>
        {seen(label)}
        <input
          type="range"
          min={0}
          max={4.5}
          step={0.05}
          value={Math.sqrt(toPercent(size))}
          aria-valuetext={t("{share} of the picture", { share: shownValue(size, AS_SHARE) })}
          onInput={(event) => setSize(fromPercent(Number((Number(event.currentTarget.value) ** 2).toPrecision(2))))}
        />
      </label>
      <span class="size-now">{size ? shownValue(size, AS_SHARE) : t("any size")}</span>
      {size !== kept ? (
        <button class="button is-small is-main" type="button" aria-label={t("Save the smallest size of {label}", { label: seen(label) })} onClick={() => send([{ path: [...path, "min_area_frac"], value: size || null }], t("Saved: the smallest size of {label}.", { label: seen(label) }))}>
          {t("Save")}
        </button>
      ) : null}
    </div>
  );
}
