/**
 * Puts the page's words into one file for each language when the page is built: the scripts carry a number in place of each
 * sentence, and a browser fetches the words of the language it shows.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { parseSync, type Plugin } from "vite";
import { sentencesIn } from "./sentences.ts";

const GERMAN = new URL("src/words/de/", import.meta.url);
const OF_WORDS = /from "\.\.?\/words"/;

const json = (name: string): Record<string, string> => JSON.parse(readFileSync(new URL(name, GERMAN), "utf8")) as Record<string, string>;

export function catalogue(): Plugin {
  const numbers = new Map<string, number>();
  let reader = "";
  return {
    name: "catalogue",
    apply: "build",
    enforce: "pre",
    buildStart() {
      const names = readdirSync(GERMAN).filter((name) => name.endsWith(".json"));
      const german = Object.assign({}, ...names.filter((name) => name !== "house.json").map(json)) as Record<string, string>;
      const sentences = Object.keys(german).sort();
      sentences.forEach((sentence, at) => numbers.set(sentence, at + 1)); // none is 0, which counts as nothing
      const files = {
        en: { words: [0, ...sentences.map((sentence) => sentence.replace(/\|[^|]*$/, ""))], house: {} },
        de: { words: [0, ...sentences.map((sentence) => german[sentence])], house: names.includes("house.json") ? json("house.json") : {} },
      };
      const paths = Object.entries(files).map(([language, words]) => {
        const source = JSON.stringify(words);
        const fileName = `assets/words-${language}-${createHash("sha256").update(source).digest("hex").slice(0, 10)}.json`;
        this.emitFile({ type: "asset", fileName, source });
        return [language, `/${fileName}`] as const;
      });
      reader = `const FILES = ${JSON.stringify(Object.fromEntries(paths))};
        export const read = async (language) => {
          const answer = await fetch(FILES[language]);
          if (!answer.ok) throw new Error("The words of the page are missing.");
          return answer.json();
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
