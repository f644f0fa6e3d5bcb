/** What was changed and not saved: how much, whether it is right, and the lines of the file before they are written. */

import { useState } from "preact/hooks";
import { ApiError } from "../ask";
import { Trouble } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { plural, t } from "../words";
import { told } from "../words/told";
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
  const [outcome, setOutcome] = useState("");
  const [busy, setBusy] = useState(false);
  const trouble = failed ?? error;
  if (!changes.length) {
    return (
      <p class="sr" role="status">
        {outcome}
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
        setOutcome(t("Saved"));
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
    <div class="save-bar" role="region" aria-label={t("Not saved yet")}>
      <div class="save-words">
        <strong>{plural(changes.length, "1 change", "{n} changes")}</strong>{" "}
        {mistakes.length ? <span class="bad">{plural(mistakes.length, "1 mistake", "{n} mistakes")}</span> : <span class="dim">{t("not saved yet")}</span>}
        {elsewhere.map((mistake) => (
          <span class="save-mistake" key={mistake.key + mistake.text}>
            <code>{mistake.key}</code> {told(mistake.text)}
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
          {t("Load it anew")}
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
        {t("Discard")}
      </button>
      <button class="button is-main" type="button" disabled={mistakes.length > 0} onClick={look}>
        {t("Look and save")}
      </button>
      {draft ? (
        <Sheet title={t("Save this?")} eyebrow={config.file} wide onClose={() => setDraft(null)}>
          {draft.lines.length ? (
            <pre class="save-diff" tabIndex={0} aria-label={t("Lines of the file that change")}>
              {draft.lines.map((line, at) => (
                <span key={at} class={line.startsWith("+") ? "is-new" : line.startsWith("-") ? "is-old" : line.startsWith("@@") ? "is-break" : ""}>
                  {line.startsWith("@@") ? "⋯" : line || " "}
                </span>
              ))}
            </pre>
          ) : (
            <p class="sheet-question">{t("{list}: the file says so already.", { list: changes.map((change) => dotted(change.path)).join(", ") })}</p>
          )}
          <p class="hint">
            {draft.after_restart.length ? (
              <>
                <strong>{t("Counts after a restart of Hearthwatch:")}</strong> {draft.after_restart.join(", ")}.{" "}
              </>
            ) : (
              `${t("It counts at once.")} `
            )}
            {t("Comments and order of the file stay.")}
          </p>
          <div class="sheet-foot">
            <button class="button" type="button" onClick={() => setDraft(null)}>
              {t("Not yet")}
            </button>
            <First main onClick={busy ? () => undefined : save}>
              {t("Save")}
            </First>
          </div>
        </Sheet>
      ) : null}
    </div>
  );
}
