/** Writing settings to a camera: first what would be written, then the yes, then what came of it. */

import { useEffect, useState } from "preact/hooks";
import { moment } from "../format";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { First, Sheet, Working } from "../parts/Sheet";
import { cameraName, cameras, now_us } from "../store";
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
  const [busy, setBusy] = useState("Comparing with the camera as it is now…");
  const [error, setError] = useState<unknown>(null);

  const send = (dry_run: boolean, sections: readonly string[]): Promise<Written> =>
    "copy" in writing
      ? doors.restore(writing.copy.id, { dry_run, own, sections, ...(target === home ? {} : { camera: target }) })
      : doors.baseline(home, dry_run);

  useEffect(() => {
    let current = true;
    setBusy("Comparing with the camera as it is now…");
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
    setBusy("Writing, and reading it back. This can take a minute…");
    setError(null);
    send(false, left.size ? chosen : [])
      .then(setDone, setError)
      .finally(() => {
        setBusy("");
        deeds.value += 1;
      });
  };
  const pick = (names: readonly string[], on: boolean): void => {
    const next = new Set(left);
    for (const name of names) if (on) next.delete(name); else next.add(name);
    setLeft(next);
  };
  const isCopy = "copy" in writing;
  const title = isCopy ? `Back to ${moment(writing.copy.taken_us, now_us.value)}` : "Apply the baseline";
  return (
    <Sheet title={title} eyebrow={cameraName(target)} wide locked={busy.startsWith("Writing")} onClose={onClose}>
      {busy ? <Working>{busy}</Working> : null}
      <Trouble error={error} />
      {done ? (
        <Result written={done} onClose={onClose} />
      ) : (
        <>
          {isCopy && !busy.startsWith("Writing") ? (
            <div class="row sheet-options">
              {cameras.value.length > 1 ? (
                <label class="pick">
                  Write to
                  <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
                    {cameras.value.map((camera) => (
                      <option key={camera.id} value={camera.id}>
                        {camera.name}
                        {camera.id === home ? "" : " (same make only)"}
                      </option>
                    ))}
                  </select>
                </label>
              ) : null}
              <label class="tick">
                <input type="checkbox" checked={own} onChange={(event) => setOwn(event.currentTarget.checked)} /> its address and name servers, too
              </label>
            </div>
          ) : null}
          {dry && !busy ? (
            <>
              {changeCount(dry.planned) ? (
                <>
                  <p class="sheet-question">
                    Nothing is written yet. {changeCount(dry.planned) === 1 ? "This is what" : "These are what"} would change on the camera:
                  </p>
                  <DiffView diff={dry.planned} {...(isCopy && dry.planned.sections.length > 1 ? { picked: new Set(chosen), onPick: pick } : {})} />
                </>
              ) : (
                <p class="sheet-question">{isCopy ? "The camera is set just so already." : "The camera is set as its baseline asks already."} Nothing would be written.</p>
              )}
              <Skipped written={dry} />
              <div class="sheet-foot">
                <First onClick={onClose}>{count ? "No" : "Close"}</First>
                {count ? (
                  <button class="button is-main" type="button" onClick={write}>
                    Write to the camera
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
      <summary>{written.skipped.length === 1 ? "One thing is left as it is" : `${written.skipped.length} things are left as they are`}</summary>
      <ul>
        {written.skipped.map((one) => (
          <li key={one.what + one.why}>
            <strong>{one.what}</strong> <span class="dim">{one.why}</span>
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
          <strong>{written.done ? "Done" : "Not all of it was taken"}</strong>
          {written.done ? <span class="dim"> · read back from the camera, nothing differs any more</span> : null}
        </span>
      </p>
      {written.failures.map((text) => (
        <p key={text} class="trouble">
          {text}
        </p>
      ))}
      {changeCount(written.remaining) ? (
        <>
          <p class="sheet-question">This is still different:</p>
          <DiffView diff={written.remaining} />
        </>
      ) : null}
      <Skipped written={written} />
      <div class="sheet-foot">
        <First main onClick={onClose}>Close</First>
      </div>
    </div>
  );
}
