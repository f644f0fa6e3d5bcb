/**
 * What the house itself says comes in English. Its sentences are known by their patterns, `"{camera} lost the network"`: one that
 * matches is said in the page's language with the same values, any other as it came.
 *
 * A text of several lines is taken line by line, and one of several sentences as a whole before sentence by sentence.
 */

import { seen } from "../labels";

export interface Pattern {
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
        .map((piece, at) => (at % 2 ? (names.push(piece), "([^\\n]+?)") : piece.replace(SPECIAL, "\\$&")))
        .join("");
      return { test: new RegExp(`^${source}$`), names, to };
    });
}

let whole: Readonly<Record<string, string>> = {};
let patterns: Pattern[] | null = null;
const known = new Map<string, string>();
const MOST_KNOWN = 500;

/** Translate from now on what the house says with these sentences. */
export function hear(sentences: Readonly<Record<string, string>>): void {
  whole = sentences;
  patterns = null;
  known.clear();
}

/** What fills a hole may itself be a word of the house: the name of what was seen, a reason. */
const value = (text: string): string => whole[text] ?? seen(text);

function one(text: string): string | null {
  const found = whole[text];
  if (found !== undefined) return found;
  patterns ??= compiled(whole);
  for (const { test, names, to } of patterns) {
    const match = test.exec(text);
    if (match) return to.replace(HOLE, (hole, name: string) => value(match[names.indexOf(name) + 1] ?? hole));
  }
  return null;
}

function line(text: string): string {
  const found = one(text);
  if (found !== null) return found;
  const sentences = text.split(/(?<=[.?!…]) (?=\S)/);
  return sentences.length > 1 ? sentences.map((each) => one(each) ?? each).join(" ") : text;
}

/** A text of the house in the page's language. */
export function told(text: string): string {
  if (!text) return text;
  let found = known.get(text);
  if (found === undefined) {
    found = text.split("\n").map(line).join("\n");
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(text, found);
  }
  return found;
}
