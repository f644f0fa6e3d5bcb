/**
 * Puts the page's words into one file for each language when the page is built: the scripts carry a number in place of each
 * sentence, and a browser fetches the words of the language it shows, then those of the house itself.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { parseSync, type Plugin } from "vite";
import { sentencesIn } from "./sentences.ts";

const GERMAN = new URL("src/words/de/", import.meta.url);
const OF_WORDS = /from "\.\.?\/words"/;

const json = (name: string): Record<string, string> => JSON.parse(readFileSync(new URL(name, GERMAN), "utf8")) as Record<string, string>;

/** All catalogues of a folder, as one. */
const catalogues = (folder: string): Record<string, string> => {
  const names = readdirSync(new URL(folder, GERMAN)).filter((name) => name.endsWith(".json"));
  return Object.assign({}, ...names.map((name) => json(folder + name))) as Record<string, string>;
};

export function catalogue(): Plugin {
  const numbers = new Map<string, number>();
  let reader = "";
  return {
    name: "catalogue",
    apply: "build",
    enforce: "pre",
    buildStart() {
      const german = catalogues("./");
      const sentences = Object.keys(german).sort();
      sentences.forEach((sentence, at) => numbers.set(sentence, at + 1)); // none is 0, which counts as nothing
      const file = (name: string, words: unknown): string => {
        const source = JSON.stringify(words);
        const fileName = `assets/${name}-${createHash("sha256").update(source).digest("hex").slice(0, 10)}.json`;
        this.emitFile({ type: "asset", fileName, source });
        return `/${fileName}`;
      };
      const english = [0, ...sentences.map((sentence) => sentence.replace(/\|[^|]*$/, ""))];
      const files = {
        en: { words: file("words-en", english), house: "" },
        de: { words: file("words-de", [0, ...sentences.map((sentence) => german[sentence])]), house: file("house-de", catalogues("./house/")) },
      };
      reader = `const FILES = ${JSON.stringify(files)};
        const fetched = async (file) => {
          const answer = await fetch(file);
          if (!answer.ok) throw new Error("The words of the page are missing.");
          return answer.json();
        };
        export const read = async (language) => {
          const { words, house } = FILES[language];
          return { words: await fetched(words), house: house ? fetched(house) : Promise.resolve({}) };
        };`;
    },
    load: (id) => (id.endsWith("/src/words/read.ts") ? reader : null),
    transform(code, id) {
      if (!/\/src\/.*\.tsx?$/.test(id) || !OF_WORDS.test(code)) return null;
      let text = code;
      const literals = sentencesIn(parseSync(id, code).program).filter((node) => numbers.has(String(node["value"])));
      for (const node of literals.sort((one, other) => other.start - one.start)) {
        text = text.slice(0, node.start) + String(numbers.get(String(node["value"]))) + text.slice(node.end);
      }
      return { code: text, map: null };
    },
  };
}
