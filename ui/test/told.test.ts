import { afterAll, beforeAll, expect, test } from "vitest";
import { speak } from "../src/words";
import german from "../src/words/de/house";
import labels from "../src/words/de/labels.json";
import { hear, told } from "../src/words/told";

beforeAll(() => {
  speak("de", labels);
  hear(german);
});
afterAll(() => {
  speak("en", {});
  hear({});
});

test.each([
  ["The password is wrong.", "Das Passwort ist falsch."],
  ["There is no camera garden.", "Eine Kamera garden gibt es nicht."],
  ["Garage: does not answer", "Garage: antwortet nicht"],
  ["Front door: person", "Front door: Person"],
  ["Since 14:03:27.\nfront/main at 10.0.0.9:554: did not answer within 5 s", "Seit 14:03:27.\nfront/main at 10.0.0.9:554: hat innerhalb von 5 s nicht geantwortet"],
  ["By who is home.", "Danach, wer zu Hause ist."],
  ["14:03:27 · within a second", "14:03:27 · innerhalb einer Sekunde"],
  ["Mail server m.example cannot be reached (no answer in time). Alerts wait until it works again.", "Mailserver m.example ist nicht erreichbar (keine rechtzeitige Antwort). Meldungen warten, bis es wieder geht."],
  ["14:03:27 · bob logged in from 8.8.8.8 (outside, dns.google)", "14:03:27 · bob hat sich von 8.8.8.8 angemeldet (außerhalb, dns.google)"],
  ["If nobody of yours did that: change the camera's password and end the visit, then look at its accounts.", "Wenn das niemand von euch war: ändere das Passwort der Kamera und beende den Besuch, dann sieh dir ihre Konten an."],
  ["Nobody has ever said this: not even once.", "Nobody has ever said this: not even once."],
  ["Garage: restart the camera? Nothing is recorded for a minute or two.", "Garage: Die Kamera neu starten? Ein, zwei Minuten wird nichts aufgenommen."],
  ["Bed: no answer", "Bed: keine Antwort"],
  ["Garage at 10.0.0.9, reading the accounts: no answer", "Garage at 10.0.0.9, beim Lesen der Konten: keine Antwort"],
  ["", ""],
])("%s", (english, found) => expect(told(english)).toBe(found));

test("what is not ours stays as it came, whatever is in it", () => {
  for (const text of ["$& {name} \\d+", "a".repeat(20_000), `After ${", from ".repeat(4000)}`, ": : : ·  · .", "{camera}", "((((((", "constructor", "__proto__", "garden: toString"]) expect(told(text)).toBe(text);
});

test("the patterns of the house are wide enough to mean one sentence", () => {
  const narrow = Object.keys(german).filter((english) => /\{\w+\}/.test(english) && english.replace(/\{\w+\}/g, "").replace(/\P{L}/gu, "").length < 4);
  expect(narrow).toEqual([]);
});

test("both languages have the same holes", () => {
  const holes = (text: string): string => [...new Set(text.match(/\{\w+\}/g))].sort().join();
  expect(Object.entries(german).filter(([english, found]) => holes(english) !== holes(found))).toEqual([]);
});
