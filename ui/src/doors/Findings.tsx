/** What an audit found on one camera: why it matters, how to put it right, and the buttons for it. */

import type { ComponentChildren } from "preact";
import * as icons from "../parts/icons";
import { t } from "../words";
import { told } from "../words/told";
import type { Finding, Report } from "./api";
import { askFor } from "./asking";
import { type Group, grouped, short } from "./grades";
import { Linked } from "./Linked";
import { offerLabel } from "./words";

export function Findings({ report, onKnow }: { report: Report; onKnow: (finding: Finding, accepted: boolean) => void }) {
  return (
    <>
      {grouped(report.findings).map((group) => (
        <Section key={group.key} group={group}>
          <ul class="findings">
            {group.findings.map((finding) => (
              <Row key={finding.key} finding={finding} group={group} onKnow={onKnow} />
            ))}
          </ul>
        </Section>
      ))}
    </>
  );
}

function Section({ group, children }: { group: Group; children: ComponentChildren }) {
  const head = (
    <>
      <span class={`grade is-${group.tone}`} aria-hidden="true" />
      <span class="group-title">{t(group.title)}</span> <span class="dim">{group.findings.length}</span>
      {group.note ? <span class="hint group-note">{t(group.note)}</span> : null}
    </>
  );
  return group.folded ? (
    <details class={`group is-${group.key}`}>
      <summary class="group-head">{head}</summary>
      {children}
    </details>
  ) : (
    <section class={`group is-${group.key}`}>
      <h3 class="group-head">{head}</h3>
      {children}
    </section>
  );
}

function Row({ finding, group, onKnow }: { finding: Finding; group: Group; onKnow: (finding: Finding, accepted: boolean) => void }) {
  const isOpen = finding.state !== "ok";
  return (
    <li class={`finding is-${finding.state} is-${group.tone}`} data-finding={finding.key}>
      <details>
        <summary>
          <span class={`finding-mark is-${group.tone}`} aria-hidden="true">
            {finding.state === "ok" ? <icons.Check size={16} /> : finding.state === "unknown" ? "?" : "!"}
          </span>
          <span class="finding-what">
            <strong>{told(finding.title)}</strong>
            <span class="dim">{told(short(finding.saw))}</span>
          </span>
          {finding.automatic && !finding.accepted ? <span class="finding-can">{t("can be fixed from here")}</span> : null}
        </summary>
        <div class="finding-more">
          {short(finding.saw) === finding.saw ? null : <p><Linked text={told(finding.saw)} /></p>}
          <h4>{t("Why it matters")}</h4>
          <p>{told(finding.why)}</p>
          {isOpen && finding.fix ? (
            <>
              <h4>{finding.remedy ? t("Or by hand") : t("What to do")}</h4>
              <p><Linked text={told(finding.fix)} /></p>
            </>
          ) : null}
          {isOpen ? (
            <div class="row finding-do">
              {finding.remedy && finding.state === "found" ? (
                <button class="button is-main" type="button" onClick={() => finding.remedy && askFor({ ...finding.remedy, label: fixLabel(finding) })}>
                  {t("Fix it")}
                </button>
              ) : null}
              <button class="button" type="button" onClick={() => onKnow(finding, !finding.accepted)}>
                {finding.accepted ? t("Count it again") : t("I know")}
              </button>
            </div>
          ) : null}
        </div>
      </details>
    </li>
  );
}

const fixLabel = (finding: Finding): string => (finding.remedy ? offerLabel(finding.remedy) : told(finding.title));
