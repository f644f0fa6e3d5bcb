/**
 * What the house itself says comes in English. Its sentences are known by their patterns, `"{camera} lost the network"`: one that
 * matches is said in the page's language with the same values, any other as it came. The house puts such pieces together with
 * colons, commas, middle dots and full stops; each piece is looked for by itself.
 */

import { signal } from "@preact/signals";
import { seen } from "../labels";

export interface Pattern {
  /** Its longest literal piece: what has it not need not be tested. */
  part: string;
  test: RegExp;
  names: string[];
  to: string;
}

const HOLE = /\{(\w+)\}/g;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

const literal = (english: string): number => english.replace(HOLE, "").length;

/** The patterns with the most literal words first: the narrower one is meant. */
export function compiled(sentences: Readonly<Record<string, string>>): Pattern[] {
  return Object.entries(sentences)
    .filter(([english]) => /\{\w+\}/.test(english))
    .sort(([one], [other]) => literal(other) - literal(one))
    .map(([english, to]) => {
      const names: string[] = [];
      const source = english
        .split(HOLE)
        .map((piece, at) => (at % 2 ? (names.push(piece), "([^\\n]*?)") : piece.replace(SPECIAL, "\\$&")))
        .join("");
      const part = english.split(/\{\w+\}/).reduce((longest, each) => (each.length > longest.length ? each : longest), "");
      return { part, test: new RegExp(`^${source}$`), names, to };
    });
}

let whole: Readonly<Record<string, string>> = {};
let patterns: Pattern[] | null = null;
/** Counts what was heard: whatever shows a text of the house is drawn again. */
const heard = signal(0);
const remembered = new Map<string, string>();
const MOST_REMEMBERED = 500;

/** Translate from now on what the house says with these sentences. */
export function hear(sentences: Readonly<Record<string, string>>): void {
  whole = sentences;
  patterns = null;
  remembered.clear();
  heard.value += 1;
}

const DEEPEST = 3;
const LONGEST = 1000;
const SUBJECT = /^(.{1,80}?): (.+)$/;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Words known as they stand. */
const word = (text: string): string | undefined => (Object.hasOwn(whole, text) ? whole[text] : seen(text) === text ? undefined : seen(text));

/** A piece as it stands, or begun with a capital letter, or ended with a full stop: whichever says most. */
function anyhow(text: string, depth: number): string | null {
  const ways: [string, (found: string) => string][] = [[text, (found) => found]];
  const small = text.charAt(0).toLowerCase() + text.slice(1);
  if (small !== text) ways.push([small, capital]);
  if (text.endsWith(".")) ways.unshift(...ways.map(([each, ended]): [string, (found: string) => string] => [each.slice(0, -1), (found) => `${ended(found)}.`]));
  else ways.push(...ways.map(([each, ended]): [string, (found: string) => string] => [`${each}.`, (found) => ended(found).replace(/\.$/, "")]));
  for (const [each, ended] of ways) {
    const found = word(each);
    if (found !== undefined) return ended(found);
  }
  if (text.length > LONGEST) return null;
  patterns ??= compiled(whole);
  for (const { part, test, names, to } of patterns)
    for (const [each, ended] of ways) {
      const match = each.includes(part) ? test.exec(each) : null;
      if (match) return ended(to.replace(HOLE, (hole, name: string) => piece(match[names.indexOf(name) + 1] ?? hole, depth - 1)));
    }
  return null;
}

/** What stands before a colon may be what is done there: "renaming an account". One word is the name of a camera. */
const subject = (text: string): string => text.split(", ").map((each) => (each.includes(" ") ? (anyhow(each, 0) ?? each) : each)).join(", ");

function piece(text: string, depth: number): string {
  if (depth < 0 || !text) return text;
  const found = anyhow(text, depth);
  if (found !== null) return found;
  const whose = SUBJECT.exec(text);
  const what = whose ? anyhow(whose[2] ?? "", depth - 1) : null;
  if (whose && what !== null) return `${subject(whose[1] ?? "")}: ${what}`;
  if (text.includes(" · ")) return text.split(" · ").map((each) => piece(each, depth - 1)).join(" · ");
  const sentences = text.split(/(?<=[.?!…]) (?=\S)/);
  if (sentences.length > 1) return sentences.map((each) => piece(each, depth)).join(" ");
  const [first = "", ...others] = text.split(", ");
  const begun = others.length ? anyhow(first, depth - 1) : null;
  if (begun !== null) return [begun, ...others.map((each) => piece(each, depth - 1))].join(", ");
  return whose ? `${subject(whose[1] ?? "")}: ${piece(whose[2] ?? "", depth - 1)}` : text;
}

/** A text of the house in the page's language. */
export function told(text: string): string {
  void heard.value;
  if (!text) return text;
  let found = remembered.get(text);
  if (found === undefined) {
    found = text
      .split("\n")
      .map((line) => piece(line, DEEPEST))
      .join("\n");
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(text, found);
  }
  return found;
}
