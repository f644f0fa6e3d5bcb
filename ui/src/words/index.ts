/**
 * The page's words. English stands in the code; a catalogue keyed by the English sentence holds each other language.
 *
 * `t("{n} cameras answer", { n })` puts values into the braces after translating. Where one English word needs two translations, a
 * hint stands behind a bar and is never shown: `t("Open|a door's state")`. Sentences kept in constants are marked with `said` and
 * translated where they are shown, for a module is read before the language is known to be settled.
 */

import type { ComponentChildren } from "preact";

export type Language = "en" | "de";
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

type Values = Record<string, string | number>;

const KEY = "hearthwatch-language";
/** What would turn round the rest of a sentence whose hole it fills; letters have their direction without it. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
export const straight = (text: string): string => text.replace(TURNS, "");
const HOLE = /\{(\w+)\}/g;

let catalogue: Readonly<Record<string, string>> = {};
let spoken: string | undefined;

export const isLanguage = (found: string | null | undefined): found is Language => found === "en" || found === "de";

/** The language chosen in this browser, else the first of the browser's own that there is a catalogue for. */
export function language(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  for (const each of navigator.languages) {
    const short = each.slice(0, 2);
    if (isLanguage(short)) return short;
  }
  return "en";
}

/** Remember a choice; the page is read anew, so that no sentence stays behind. */
export function choose(chosen: Language): void {
  localStorage.setItem(KEY, chosen);
  location.reload();
}

/** Translate from now on with this catalogue, and write figures as `chosen` is written where the person lives. */
export function speak(chosen: Language, words: Readonly<Record<string, string>>): void {
  catalogue = words;
  spoken = (globalThis.navigator?.languages ?? []).find((each) => each.slice(0, 2) === chosen) ?? (chosen === "en" ? "en-GB" : chosen);
}

/** The language with its country ("de-AT"), for dates, numbers and order; undefined as long as none is settled. */
export const tag = (): string | undefined => spoken;

/** A built page has a number in place of each sentence; what is a text there came from elsewhere, be it "12". */
const isKnown = (sentence: string | number): boolean => (Array.isArray(catalogue) ? typeof sentence === "number" : Object.hasOwn(catalogue, sentence));
const translated = (sentence: string): string => (isKnown(sentence) ? (catalogue[sentence] as string) : String(sentence).replace(/\|[^|]*$/, ""));

export function t(sentence: string, values: Values = {}): string {
  return translated(sentence).replace(HOLE, (hole, name: string) => straight(String(values[name] ?? hole)));
}

/** One of two sentences by `n`, which fills the hole {n} of both. */
export const plural = (n: number, one: string, many: string, values: Values = {}): string => t(n === 1 ? one : many, { n, ...values });

/** A sentence with elements in its holes: `rich("Read {how} first.", { how: <a href="…">{t("how it works")}</a> })`. */
export function rich(sentence: string, parts: Record<string, ComponentChildren>): ComponentChildren[] {
  return translated(sentence)
    .split(HOLE)
    .map((piece, at) => (at % 2 ? (parts[piece] ?? `{${piece}}`) : piece));
}

/** Marks a sentence of a constant for the catalogue without translating it yet. */
export const said = (sentence: string): string => sentence;
