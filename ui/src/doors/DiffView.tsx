/** What differs between two copies of a camera's settings, section by section, as an owner reads it. */

import { said, t } from "../words";
import { told } from "../words/told";
import type { Change, Diff } from "./api";

export const changeCount = (diff: Diff): number => diff.sections.reduce((sum, section) => sum + section.changes.length, 0);

const SIGNS: Record<Change["kind"], [string, string]> = { changed: ["~", said("changed")], added: ["+", said("added")], removed: ["−", said("removed")] };

/** With `picked` each section can be chosen; it holds the sections' own names. */
export function DiffView({ diff, picked, onPick }: { diff: Diff; picked?: ReadonlySet<string>; onPick?: (names: readonly string[], on: boolean) => void }) {
  return (
    <div class="diff">
      {diff.sections.map((section) => (
        <section key={section.title} class="diff-section">
          <h3>
            {picked && onPick ? (
              <label class="diff-pick">
                <input type="checkbox" checked={section.sections.every((name) => picked.has(name))} onChange={(event) => onPick(section.sections, event.currentTarget.checked)} />
                {told(section.title)}
              </label>
            ) : (
              told(section.title)
            )}
          </h3>
          <ul>
            {section.changes.map((change) => (
              <li key={change.key} class={`change is-${change.kind}`}>
                <span class="change-sign" aria-label={t(SIGNS[change.kind][1])} role="img">
                  {SIGNS[change.kind][0]}
                </span>
                <span class="change-text">
                  {told(change.text)}
                  {change.secret ? <span class="dim"> {t("(a secret: its value is never shown)")}</span> : null}
                  <code>{change.key}</code>
                </span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
