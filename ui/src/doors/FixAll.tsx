/** Everything the audit can put right by itself, in one go: said first, then done, then looked at again. */

import { useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { First, Sheet, Working } from "../parts/Sheet";
import { cameraName } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { doors, type Finding, type Mended, type Report } from "./api";
import { fixable } from "./grades";
import { offerLabel } from "./words";

/** What will be done, each once, with all it is good for. */
function steps(wanted: readonly Finding[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const finding of wanted) {
    const step = finding.remedy ? offerLabel(finding.remedy) : told(finding.title);
    found.set(step, [...(found.get(step) ?? []), told(finding.title)]);
  }
  return [...found];
}

export function FixAll({ report, onReport, onClose }: { report: Report; onReport: (report: Report) => void; onClose: () => void }) {
  const [wanted] = useState(() => fixable(report));
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Mended[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const start = (): void => {
    setBusy(true);
    doors.apply(report.camera).then((found) => {
      setDone(found.mended);
      onReport(found.report);
    }, setError).finally(() => setBusy(false));
  };
  return (
    <Sheet title={t("Fix all that can be fixed")} eyebrow={cameraName(report.camera)} locked={busy} onClose={onClose}>
      {busy ? <Working>{t("Putting it right, and looking at the camera again. This can take some minutes…")}</Working> : null}
      <Trouble error={error} />
      {!busy && !done ? (
        <>
          <p class="sheet-question">{t("Passwords and accounts stay as they are. This is switched off or set:")}</p>
          <ul class="mended">
            {steps(wanted).map(([step, titles]) => (
              <li key={step}>
                <span>
                  <strong>{step}</strong>
                  <span class="dim">{titles.join(" · ")}</span>
                </span>
              </li>
            ))}
          </ul>
          <div class="sheet-foot">
            <First onClick={onClose}>{t("No")}</First>
            <button class="button is-main" type="button" onClick={start}>
              {t("Yes, do it")}
            </button>
          </div>
        </>
      ) : null}
      {done ? (
        <div role="status">
          <ul class="mended">
            {done.map((mended) => (
              <li key={mended.key} class={mended.done ? "is-good" : "is-bad"}>
                {mended.done ? <icons.Check size={18} /> : <icons.Warn size={18} />}
                <span>
                  <strong>{told(mended.title)}</strong>
                  <span class="dim">{told(mended.text)}</span>
                </span>
              </li>
            ))}
          </ul>
          {done.length ? null : <p class="sheet-question">{t("There was nothing left to do.")}</p>}
          <div class="sheet-foot">
            <First main onClick={onClose}>{t("Close")}</First>
          </div>
        </div>
      ) : null}
    </Sheet>
  );
}
