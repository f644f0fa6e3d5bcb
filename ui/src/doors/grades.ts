/** The order and the words of an audit's findings. */

import { said, t } from "../words";
import type { Finding, Grade, Report } from "./api";
import type { Tone } from "./words";

export interface Group {
  key: string;
  title: string;
  note: string;
  tone: Tone;
  folded: boolean;
  findings: Finding[];
}

const FOUND: [Grade, string, string, Tone][] = [
  ["serious", said("Serious"), said("Put these right first."), "bad"],
  ["weak", said("Weak"), said("Worth putting right."), "warm"],
  ["hint", said("Could be better"), "", "quiet"],
];

/** Open ones by how bad they are, then what is not known (never among the good), what the owner knows of, and what is well. */
export function grouped(findings: readonly Finding[]): Group[] {
  const open = findings.filter((one) => !one.accepted);
  const of = (state: Finding["state"]): Finding[] => open.filter((one) => one.state === state);
  const groups: Group[] = FOUND.map(([grade, title, note, tone]) => ({ key: grade, title, note, tone, folded: false, findings: of("found").filter((one) => one.grade === grade) }));
  groups.push(
    { key: "unknown", title: said("Not known"), note: said("The camera does not say, or could not be asked. That is not the same as well."), tone: "quiet", folded: false, findings: of("unknown") },
    { key: "accepted", title: said("You know of these"), note: said("They cost no points and are not told again."), tone: "quiet", folded: true, findings: findings.filter((one) => one.accepted && one.state !== "ok") },
    { key: "ok", title: said("Well"), note: "", tone: "good", folded: true, findings: findings.filter((one) => one.state === "ok") },
  );
  return groups.filter((group) => group.findings.length);
}

/** What was seen without its sources: the line of a list. */
export const short = (saw: string): string => saw.replace(/ See https:\/\/.*$/s, "");

export const scoreTone = (score: number | null): Tone => (score === null ? "quiet" : score >= 80 ? "good" : score >= 45 ? "warm" : "bad");
export const scoreWord = (report: Report): string => {
  if (report.score === null) return t("Could not be looked at");
  if (report.score >= 80) return report.found ? t("Good, with little to do") : t("Good");
  return report.score >= 45 ? t("Some weak spots") : t("Easy to break into");
};

export const fixable = (report: Report): Finding[] => report.findings.filter((one) => one.automatic && !one.accepted);

/** Worst first; what could not be looked at comes before what is well. */
export const worstFirst = (reports: readonly Report[]): Report[] => [...reports].sort((a, b) => (a.score ?? 50) - (b.score ?? 50));
