/** What was changed and not saved: how much, whether it is right, and the lines of the file before they are written. */

import { useState } from "preact/hooks";
import { ApiError } from "../ask";
import { Trouble } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { type Change, type Changed, type Config, type Mistake, sendChanges } from "./api";
import { dotted, infoOf, mistakesAt } from "./model";

interface Props {
  config: Config;
  changes: readonly Change[];
  mistakes: readonly Mistake[];
  error: unknown;
  onDiscard: () => void;
  onAgain: () => void;
  onSaved: () => void;
}

export function SaveBar({ config, changes, mistakes, error, onDiscard, onAgain, onSaved }: Props) {
  const [draft, setDraft] = useState<Changed | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const trouble = failed ?? error;
  if (!changes.length) {
    return (
      <p class="sr" role="status">
        {said}
      </p>
    );
  }
  const shown = (mistake: Mistake): boolean => config.sections.some((section) => infoOf(config, section)?.keys.some((key) => mistakesAt([...section.path, key.name], [mistake]).length) ?? false);
  const elsewhere = mistakes.filter((mistake) => !shown(mistake));
  const look = (): void => {
    setFailed(null);
    sendChanges(config.mark, changes, true).then(setDraft, setFailed);
  };
  const save = (): void => {
    setBusy(true);
    sendChanges(config.mark, changes).then(
      () => {
        setBusy(false);
        setDraft(null);
        setSaid("Saved");
        onSaved();
      },
      (found: unknown) => {
        setBusy(false);
        setDraft(null);
        setFailed(found);
      },
    );
  };
  return (
    <div class="save-bar" role="region" aria-label="Not saved yet">
      <div class="save-words">
        <strong>{changes.length === 1 ? "1 change" : `${changes.length} changes`}</strong>{" "}
        {mistakes.length ? <span class="bad">{mistakes.length === 1 ? "1 mistake" : `${mistakes.length} mistakes`}</span> : <span class="dim">not saved yet</span>}
        {elsewhere.map((mistake) => (
          <span class="save-mistake" key={mistake.key + mistake.text}>
            <code>{mistake.key}</code> {mistake.text}
          </span>
        ))}
        {trouble && !mistakes.length ? <Trouble error={trouble} /> : null}
      </div>
      {trouble instanceof ApiError && trouble.status === 409 ? (
        <button
          class="button"
          type="button"
          onClick={() => {
            setFailed(null);
            onAgain();
          }}
        >
          Load it anew
        </button>
      ) : null}
      <button
        class="button is-plain"
        type="button"
        onClick={() => {
          setFailed(null);
          onDiscard();
        }}
      >
        Discard
      </button>
      <button class="button is-main" type="button" disabled={mistakes.length > 0} onClick={look}>
        Look and save
      </button>
      {draft ? (
        <Sheet title="Save this?" eyebrow={config.file} wide onClose={() => setDraft(null)}>
          {draft.lines.length ? (
            <pre class="save-diff" tabIndex={0} aria-label="Lines of the file that change">
              {draft.lines.map((line, at) => (
                <span key={at} class={line.startsWith("+") ? "is-new" : line.startsWith("-") ? "is-old" : line.startsWith("@@") ? "is-break" : ""}>
                  {line.startsWith("@@") ? "⋯" : line || " "}
                </span>
              ))}
            </pre>
          ) : (
            <p class="sheet-question">{changes.map((change) => dotted(change.path)).join(", ")}: the file says so already.</p>
          )}
          <p class="hint">
            {draft.after_restart.length ? (
              <>
                <strong>Counts after a restart of Hearthwatch:</strong> {draft.after_restart.join(", ")}.{" "}
              </>
            ) : (
              "It counts at once. "
            )}
            Comments and order of the file stay.
          </p>
          <div class="sheet-foot">
            <button class="button" type="button" onClick={() => setDraft(null)}>
              Not yet
            </button>
            <First main onClick={busy ? () => undefined : save}>
              Save
            </First>
          </div>
        </Sheet>
      ) : null}
    </div>
  );
}
