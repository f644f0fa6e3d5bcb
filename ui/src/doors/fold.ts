/** Lists of log-ins: what is new goes in, what repeats is folded into one line. */

import { t } from "../words";
import { listed } from "../words/figures";
import type { Login } from "./api";

/** The same user from the same address with the same verdict, again and again: the newest stands for all. */
export interface Fold {
  head: Login;
  all: Login[];
}

const APART_US = 30 * 60 * 1e6;

const alike = (a: Login, b: Login): boolean =>
  a.camera === b.camera &&
  a.verdict === b.verdict &&
  a.action === b.action &&
  a.address === b.address &&
  a.origin === b.origin &&
  // who guesses passwords may try a hundred names
  (a.user === b.user || a.verdict === "failed");

const goesOn = (fold: Fold, login: Login): boolean => alike(fold.head, login) && (fold.all.at(-1) ?? fold.head).at_us - login.at_us < APART_US;

/**
 * Fold a list that is newest first; half an hour keeps two of a kind apart, and so does what lies between them, but for guessed
 * passwords: a lock, or an owner who logs in meanwhile, makes no second attack of one.
 */
export function folded(logins: readonly Login[]): Fold[] {
  const found: Fold[] = [];
  for (const login of logins) {
    const near = login.verdict === "failed" ? found : found.slice(-1);
    const fold = near.findLast((each) => goesOn(each, login));
    if (fold) fold.all.push(login);
    else found.push({ head: login, all: [login] });
  }
  return found;
}

/** Stays the same while a fold grows, and when more becomes known of when its log-ins were: what somebody opened stays open. */
export const keyOf = (fold: Fold): number => fold.all.reduce((first, login) => Math.min(first, login.id), fold.head.id);

/** Put news into a list that is newest first; one that is there already is replaced, as more became known of it. */
export function merged(list: readonly Login[], news: readonly Login[]): Login[] {
  if (!news.length) return [...list];
  const fresh = new Map(news.map((login) => [login.id, login]));
  const kept = list.filter((login) => !fresh.has(login.id));
  return [...kept, ...fresh.values()].sort((a, b) => b.at_us - a.at_us || b.id - a.id);
}

export interface Choice {
  camera: string;
  verdicts: readonly string[];
  start_us: number | null;
  end_us: number | null;
}

export const fits = (login: Login, choice: Choice): boolean =>
  (!choice.camera || login.camera === choice.camera) &&
  (!choice.verdicts.length || choice.verdicts.includes(login.verdict)) &&
  (choice.start_us === null || login.at_us >= choice.start_us) &&
  (choice.end_us === null || login.at_us < choice.end_us);

/** The names tried in a fold, for one line: "root, admin and 4 more". */
export function namesIn(fold: Fold): string {
  const names = [...new Set(fold.all.map((login) => login.user || t("no name")))];
  if (names.length <= 3) return listed(names);
  return t("{names} and {n} more", { names: names.slice(0, 2).join(", "), n: names.length - 2 });
}
