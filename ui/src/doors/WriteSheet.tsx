/** Writing settings to a camera: first what would be written, then the yes, then what came of it. */

import { useEffect, useState } from "preact/hooks";
import { moment } from "../format";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { First, Sheet, Working } from "../parts/Sheet";
import { cameraName, cameras, now_us } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { type Copy, doors, type Written } from "./api";
import { deeds } from "./asking";
import { changeCount, DiffView } from "./DiffView";

/** A copy to write back, or a camera's baseline. */
export type Writing = { copy: Copy } | { baseline: string };

export function WriteSheet({ writing, onClose }: { writing: Writing; onClose: () => void }) {
  const home = "copy" in writing ? writing.copy.camera : writing.baseline;
  const [target, setTarget] = useState(home);
  const [own, setOwn] = useState(false);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [dry, setDry] = useState<Written | null>(null);
  const [done, setDone] = useState<Written | null>(null);
  const [busy, setBusy] = useState(t("Comparing with the camera as it is now…"));
  const [isWriting, setWriting] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const send = (dry_run: boolean, sections: readonly string[]): Promise<Written> =>
    "copy" in writing
      ? doors.restore(writing.copy.id, { dry_run, own, sections, ...(target === home ? {} : { camera: target }) })
      : doors.baseline(home, dry_run);

  useEffect(() => {
    let current = true;
    setBusy(t("Comparing with the camera as it is now…"));
    setError(null);
    setDry(null);
    send(true, [])
      .then((found) => current && (setDry(found), setLeft(new Set())), (failed: unknown) => current && setError(failed))
      .finally(() => current && setBusy(""));
    return () => {
      current = false;
    };
  }, [target, own]);

  const all = dry?.planned.sections.flatMap((section) => section.sections) ?? [];
  const chosen = all.filter((name) => !left.has(name));
  const count = dry?.planned.sections.filter((section) => section.sections.some((name) => !left.has(name))).reduce((sum, section) => sum + section.changes.length, 0) ?? 0;
  const write = (): void => {
    setWriting(true);
    setBusy(t("Writing, and reading it back. This can take a minute…"));
    setError(null);
    send(false, left.size ? chosen : [])
      .then(setDone, setError)
      .finally(() => {
        setBusy("");
        setWriting(false);
        deeds.value += 1;
      });
  };
  const pick = (names: readonly string[], on: boolean): void => {
    const next = new Set(left);
    for (const name of names) if (on) next.delete(name); else next.add(name);
    setLeft(next);
  };
  const isCopy = "copy" in writing;
  const title = isCopy ? t("Back to {when}", { when: moment(writing.copy.taken_us, now_us.value) }) : t("Apply the baseline");
  return (
    <Sheet title={title} eyebrow={cameraName(target)} wide locked={isWriting} onClose={onClose}>
      {busy ? <Working>{busy}</Working> : null}
      <Trouble error={error} />
      {done ? (
        <Result written={done} onClose={onClose} />
      ) : (
        <>
          {isCopy && !isWriting ? (
            <div class="row sheet-options">
              {cameras.value.length > 1 ? (
                <label class="pick">
                  {t("Write to")}
                  <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
                    {cameras.value.map((camera) => (
                      <option key={camera.id} value={camera.id}>
                        {camera.id === home ? camera.name : t("{camera} (same make only)", { camera: camera.name })}
                      </option>
                    ))}
                  </select>
                </label>
              ) : null}
              <label class="tick">
                <input type="checkbox" checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} /> {t("its address and name servers, too")}
              </label>
            </div>
          ) : null}
          {dry && !busy ? (
            <>
              {changeCount(dry.planned) ? (
                <>
                  <p class="sheet-question">
                    {plural(changeCount(dry.planned), "Nothing is written yet. This is what would change on the camera:", "Nothing is written yet. These are what would change on the camera:")}
                  </p>
                  <DiffView diff={dry.planned} {...(isCopy && dry.planned.sections.length > 1 ? { picked: new Set(chosen), onPick: pick } : {})} />
                </>
              ) : (
                <p class="sheet-question">{isCopy ? t("The camera is set just so already. Nothing would be written.") : t("The camera is set as its baseline asks already. Nothing would be written.")}</p>
              )}
              <Skipped written={dry} />
              <div class="sheet-foot">
                <First onClick={onClose}>{count ? t("No") : t("Close")}</First>
                {count ? (
                  <button class="button is-main" type="button" onClick={write}>
                    {t("Write to the camera")}
                  </button>
                ) : null}
              </div>
            </>
          ) : null}
        </>
      )}
    </Sheet>
  );
}

function Skipped({ written }: { written: Written }) {
  return written.skipped.length ? (
    <details class="skipped" open={written.skipped.length <= 3}>
      <summary>{plural(written.skipped.length, "One thing is left as it is", "{n} things are left as they are")}</summary>
      <ul>
        {written.skipped.map((one) => (
          <li key={one.what + one.why}>
            <strong>{told(one.what)}</strong> <span class="dim">{told(one.why)}</span>
          </li>
        ))}
      </ul>
    </details>
  ) : null;
}

function Result({ written, onClose }: { written: Written; onClose: () => void }) {
  return (
    <div role="status">
      <p class={`ended is-${written.done ? "good" : "bad"}`}>
        <span class="ended-mark" aria-hidden="true">
          {written.done ? <icons.Check size={20} /> : <icons.Warn size={20} />}
        </span>
        <span>
          <strong>{written.done ? t("Done") : t("Not all of it was taken")}</strong>
          {written.done ? <span class="dim"> · {t("read back from the camera, nothing differs any more")}</span> : null}
        </span>
      </p>
      {written.failures.map((text) => (
        <p key={text} class="trouble">
          {told(text)}
        </p>
      ))}
      {changeCount(written.remaining) ? (
        <>
          <p class="sheet-question">{t("This is still different:")}</p>
          <DiffView diff={written.remaining} />
        </>
      ) : null}
      <Skipped written={written} />
      <div class="sheet-foot">
        <First main onClick={onClose}>{t("Close")}</First>
      </div>
    </div>
  );
}
