/**
 * What the house itself says comes in English. Its sentences are known by their patterns, `"{camera} lost the network"`: one that
 * matches is said in the page's language with the same values, any other as it came. The house puts such pieces together with
 * colons, commas, middle dots and full stops; each piece is looked for by itself.
 */

import { signal } from "@preact/signals";
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
        .map((piece, at) => (at % 2 ? (names.push(piece), "([^\\n]*?)") : piece.replace(SPECIAL, "\\$&")))
        .join("");
      return { test: new RegExp(`^${source}$`), names, to };
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

/** A piece whose words are known, null for any other. What fills a hole may itself be known: a reason, what was seen. */
function known(text: string, depth: number): string | null {
  const found = Object.hasOwn(whole, text) ? whole[text] : seen(text) === text ? undefined : seen(text);
  if (found !== undefined) return found;
  if (text.length > LONGEST) return null; // no sentence of ours, and slow to compare
  patterns ??= compiled(whole);
  for (const { test, names, to } of patterns) {
    const match = test.exec(text);
    if (match) return to.replace(HOLE, (hole, name: string) => piece(match[names.indexOf(name) + 1] ?? hole, depth - 1));
  }
  return null;
}

/** A piece as it stands, or begun with a capital letter, or ended with a full stop. */
function anyhow(text: string, depth: number): string | null {
  const found = known(text, depth);
  if (found !== null) return found;
  const small = text.charAt(0).toLowerCase() + text.slice(1);
  const begun = small === text ? null : known(small, depth);
  if (begun !== null) return capital(begun);
  if (!text.endsWith(".")) return null;
  const ended = anyhow(text.slice(0, -1), depth);
  return ended === null ? null : `${ended}.`;
}

function piece(text: string, depth: number): string {
  if (depth < 0 || !text) return text;
  const found = anyhow(text, depth);
  if (found !== null) return found;
  if (text.includes(" · ")) return text.split(" · ").map((each) => piece(each, depth - 1)).join(" · ");
  const sentences = text.split(/(?<=[.?!…]) (?=\S)/);
  if (sentences.length > 1) return sentences.map((each) => piece(each, depth)).join(" ");
  const [first = "", ...others] = text.split(", ");
  const begun = others.length ? anyhow(first, depth - 1) : null;
  if (begun !== null) return [begun, ...others.map((each) => piece(each, depth - 1))].join(", ");
  const about = SUBJECT.exec(text);
  return about ? `${about[1]}: ${piece(about[2] ?? "", depth - 1)}` : text;
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
