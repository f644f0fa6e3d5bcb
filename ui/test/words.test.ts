/** Every sentence of the page goes through the catalogue, and every catalogue says the same as the code. */

import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { isNode, type Node, SAYS, sentencesIn } from "../sentences";

declare global {
  interface ImportMeta {
    glob: (paths: string[], how: { query: "?raw"; import: "default"; eager: true }) => Record<string, string>;
  }
}

/** Attributes that are read by people, the page's own among them. */
const READ_BY_PEOPLE = new Set(["alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "empty", "eyebrow", "hint", "label", "placeholder", "say", "summary", "text", "title"]);
/** Attributes that are read by machines only. */
const READ_BY_MACHINES = new Set(["allow", "autocomplete", "class", "d", "form", "href", "id", "inputMode", "key", "pattern", "preserveAspectRatio", "rel", "sizes", "src", "srcset", "style", "transform", "type", "viewBox"]);
/** Calls whose strings are names for the browser, not words for people. */
const TAKES_NAMES = new Set(["addEventListener", "removeEventListener", "querySelector", "querySelectorAll", "closest", "matches", "matchMedia", "getPropertyValue", "setProperty", "startsWith", "endsWith", "includes", "split", "replace", "replaceAll", "getItem", "setItem", "isTypeSupported", "canPlayType", "getContext", "get", "has", "require", "Blob"]);
/** Elements of what is typed, not told: commands, keys, names of files and options. */
const TYPED = new Set(["code", "kbd", "pre"]);
/** Names of products and techniques, the same in every language, and what only looks like a sentence. */
const SAME_EVERYWHERE = new Set(["500 11px 'Inter Variable', system-ui, sans-serif", "API", "Deutsch", "English", "Hearthwatch", "Telegram", "XXXX-XXXX", "mon-fri 07:00-22:00", "Anna", "Home Assistant", "WireGuard", "Linux (nftables)", "Edge", "Samsung Internet", "Opera", "Firefox", "Chrome", "Safari", "Android", "Windows", "Macintosh", "Mac", "Chromebook", "Linux"]);
/** Addresses, as examples of what may be entered. */
const ADDRESS = /^(@\w+|\S+[@:/.]\S*[^\s.:])$/;

const LETTER = /\p{L}/u;
const SENTENCE = /\p{L}[\p{L},.:;!?…’']*\s+\S|^\p{Lu}\p{Ll}+[.…?]?$/u;
const PHRASE = /\p{L}\s|\s\p{L}/u;

interface Said {
  sentence: string;
  where: string;
}
interface Read {
  said: Said[];
  bare: string[];
}

const words = (text: unknown): string => String(text).replace(/\s+/g, " ").trim();

type Place = "code" | "people" | "machines";

function readSource(path: string, text: string): Read {
  const { program, errors } = parseSync(path, text);
  if (errors.length) throw new Error(`${path}: ${errors[0]?.message}`);
  const at = (node: Node): string => `${path}:${text.slice(0, node.start).split("\n").length}`;
  const read: Read = { said: sentencesIn(program).map((node) => ({ sentence: String(node["value"]), where: at(node) })), bare: [] };
  const blame = (node: Node, what: string): void => {
    if (!SAME_EVERYWHERE.has(words(what)) && !ADDRESS.test(words(what))) read.bare.push(`${at(node)}: ${words(what)}`);
  };

  const each = (nodes: unknown, place: Place): void => {
    for (const node of Array.isArray(nodes) ? (nodes as unknown[]) : [nodes]) if (isNode(node)) look(node, place);
  };
  const all = (node: Node, place: Place, but: string[] = []): void => {
    for (const [field, value] of Object.entries(node)) if (!but.includes(field)) each(value, place);
  };

  function look(node: Node, place: Place): void {
    if (node.type.startsWith("TS") && !["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"].includes(node.type)) {
      return;
    }
    switch (node.type) {
      case "ImportDeclaration":
      case "ImportExpression":
      case "ExportAllDeclaration":
        return;
      case "CallExpression":
      case "NewExpression": {
        const callee = node["callee"] as Node;
        const given = node["arguments"] as Node[];
        const name = String((callee.type === "MemberExpression" ? (callee["property"] as Node) : callee)["name"] ?? "");
        if (callee.type === "Identifier" && SAYS.has(name)) {
          const sentences = name === "plural" ? given.slice(1, 3) : given.slice(0, 1);
          for (const sentence of sentences) if (sentence.type === "TemplateLiteral" || sentence.type === "BinaryExpression") blame(sentence, `${name}() of a sentence that is put together: give it holes`);
          for (const rest of given) if (!sentences.includes(rest)) look(rest, "code");
          return;
        }
        look(callee, "code");
        each(given, TAKES_NAMES.has(name) ? "machines" : "code");
        return;
      }
      case "MemberExpression":
        look(node["object"] as Node, "code");
        return;
      case "Property":
      case "PropertyDefinition":
        if (isNode(node["value"])) look(node["value"], place);
        return;
      case "BinaryExpression":
        all(node, node["operator"] === "+" ? place : "machines");
        return;
      case "SwitchCase":
        each(node["consequent"], "code");
        return;
      case "ConditionalExpression":
        look(node["test"] as Node, "code");
        all(node, place, ["test"]);
        return;
      case "LogicalExpression":
        look(node["left"] as Node, node["operator"] === "&&" ? "code" : place);
        look(node["right"] as Node, place);
        return;
      case "ArrowFunctionExpression":
      case "FunctionExpression":
        all(node, "code");
        return;
      case "JSXAttribute": {
        const name = String((node["name"] as Node)["name"] ?? "");
        each(node["value"], READ_BY_PEOPLE.has(name) ? "people" : READ_BY_MACHINES.has(name) ? "machines" : "code");
        return;
      }
      case "JSXElement":
      case "JSXFragment":
        each((node["openingElement"] as Node | undefined)?.["attributes"], "code");
        if (!TYPED.has(String(((node["openingElement"] as Node | undefined)?.["name"] as Node | undefined)?.["name"]))) each(node["children"], "people");
        return;
      case "JSXText":
        if (LETTER.test(String(node["value"]))) blame(node, String(node["value"]));
        return;
      case "Literal": {
        const value = node["value"];
        if (typeof value !== "string" || place === "machines") return;
        if (place === "people" ? LETTER.test(value) : SENTENCE.test(value)) blame(node, value);
        return;
      }
      case "TemplateLiteral": {
        const pieces = (node["quasis"] as { value: { cooked: string } }[]).map((piece) => piece.value.cooked);
        const isPath = /^[/?&]|^\w+:/.test(pieces[0] ?? "");
        if (place === "people" ? pieces.some((piece) => LETTER.test(piece)) : place === "code" && !isPath && pieces.some((piece) => PHRASE.test(piece))) blame(node, pieces.join("{}"));
        each(node["expressions"], "code");
        return;
      }
      default:
        all(node, place === "people" && node.type === "JSXExpressionContainer" ? "people" : place);
    }
  }
  look(program as unknown as Node, "code");
  return read;
}

const rootless = (path: string): string => path.replace(/^.*\/(?:src|de)\//, "");
const sources = Object.entries(import.meta.glob(["../src/**/*.{ts,tsx}", "!../src/words/**", "!../src/worker/**", "!../src/**/*.d.ts"], { query: "?raw", import: "default", eager: true })).map(
  ([path, text]) => [rootless(path), readSource(rootless(path), text)] as const,
);
const said = sources.flatMap(([, read]) => read.said);
const written = import.meta.glob(["../src/words/de/*"], { query: "?raw", import: "default", eager: true });
const files = Object.entries(written)
  .filter(([path]) => path.endsWith(".json"))
  .map(([path, text]) => [rootless(path), text, JSON.parse(text) as Record<string, string>] as const);
const german = new Map(files.flatMap(([, , entries]) => Object.entries(entries)));
const holes = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g))].sort();

test("what people read is in the catalogue", () => {
  const bare = sources.flatMap(([, read]) => read.bare);
  expect(bare).toEqual([]);
});

test("every sentence has its German", () => {
  expect(said.filter(({ sentence }) => !german.has(sentence)).map(({ where, sentence }) => `${where}: ${sentence}`)).toEqual([]);
});

test("no German stands for a sentence that nobody says", () => {
  const used = new Set(said.map(({ sentence }) => sentence));
  expect([...german.keys()].filter((sentence) => !used.has(sentence))).toEqual([]);
});

test("a sentence stands once", () => {
  const seen = new Map<string, string>();
  const twice: string[] = [];
  for (const [name, text, entries] of files) {
    const lines = text.match(/^ {2}"(?:[^"\\]|\\.)*":/gm) ?? [];
    if (lines.length !== Object.keys(entries).length) twice.push(`${name} has one of its keys twice`);
    for (const sentence of Object.keys(entries)) {
      if (seen.has(sentence)) twice.push(`${seen.get(sentence)} and ${name}: ${sentence}`);
      seen.set(sentence, name);
    }
  }
  expect(twice).toEqual([]);
});

test("every file of the catalogue is spoken", () => {
  const index = Object.entries(written).find(([path]) => path.endsWith("index.ts"))?.[1] ?? "";
  expect(files.filter(([name]) => !index.includes(`...${name.replace(".json", "")}`)).map(([name]) => name)).toEqual([]);
});

test("both languages have the same holes", () => {
  const different = [...german].filter(([english, found]) => holes(english).join() !== holes(found).join()).map(([english, found]) => `${english} / ${found}`);
  expect(different).toEqual([]);
});

test("German is set as German is: no straight quotes, no three dots, no hint left behind", () => {
  expect([...german.values()].filter((sentence) => /["|]|\.\.\.|!$|^\s|\s$|^$| - /.test(sentence))).toEqual([]);
});

describe("the reader of the sources", () => {
  const bare = (code: string): number => readSource("pages/made-up.tsx", code).bare.length;
  test.each([
    ["<p>Hello</p>", 1],
    ['<p>{t("Hello")}</p>', 0],
    ["<p>{count} · </p>", 0],
    ['<p>{open ? "now" : null}</p>', 1],
    ['<p title="Hello" class="is-a big-one">{x}</p>', 1],
    ['<p title={late ? `since ${t("x")}` : t("y")} />', 1],
    ['<p class={`short ${late ? "is-late" : ""}`} style={{ transform: `translate(${x}px, ${y}px)` }} />', 0],
    ['<a href={`/events/${id}`} onClick={() => setError(new Error("It is not there."))} />', 1],
    ['const NAMES = { away: "Armed", home: said("Home") };', 1],
    ['if (event.key === "Escape") go("/"); addEventListener("keydown", f);', 0],
    ["const text = `${n} events`;", 1],
    ["const text = t(`${n} events`);", 1],
    ['type Key = "Some words"; const it = x as "Other words";', 0],
  ])("%s: %i", (code, count) => expect(bare(code)).toBe(count));
  test("knows the sentences of a choice and of a plural", () => {
    const found = readSource("pages/made-up.tsx", 'x(t(open ? "Open" : "Shut"), plural(n, "{n} day", "{n} days"), rich("Read {how}.", { how: t("it") }));');
    expect(found.said.map(({ sentence }) => sentence)).toEqual(["Open", "Shut", "{n} day", "{n} days", "Read {how}.", "it"]);
  });
});
