import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("location", { pathname: "/", search: "" });
vi.stubGlobal("addEventListener", () => undefined);
const { speak, t } = await import("../src/words");
const { meant } = await import("../src/router");
const { helped } = await import("../src/config/help");
const { codecName, faultName, gapCause, stateName } = await import("../src/format");
const { serviceName, serviceWhy, vendorName, verdictWord } = await import("../src/doors/words");

describe("words from outside", () => {
  it("are never looked up where a language keeps its own", () => {
    speak("de", { Armed: "Scharf" });
    for (const word of ["constructor", "__proto__", "toString", "hasOwnProperty"]) expect(t(word)).toBe(word);
  });
  it("are words in every table", () => {
    const tables = [codecName, faultName, gapCause, helped, serviceName, stateName, vendorName, verdictWord];
    for (const table of tables) for (const word of ["constructor", "toString", "valueOf"]) expect(table(word).toLowerCase()).toBe(word.toLowerCase());
    expect(serviceWhy("constructor")).toBe("");
  });
  it("are no number of a sentence in a built page", () => {
    speak("de", [0, "Scharf"] as unknown as Record<string, string>);
    for (const word of ["0", "1", "length"]) expect(t(word)).toBe(word);
    expect(t(1 as unknown as string)).toBe("Scharf");
  });
  it("fill a hole once, whatever holes they have themselves", () => {
    expect(t("{camera} is away", { camera: "{n} {camera} $& $1" })).toBe("{n} {camera} $& $1 is away");
  });
  it("turn nothing round that is not theirs", () => {
    expect(t("{name} came, and {n} more", { name: "\u202egnp.exe\u2067", n: 1 })).toBe("gnp.exe came, and 1 more");
    expect(t("{name} came", { name: "\u05e9\u05dc\u05d5\u05dd" })).toBe("\u05e9\u05dc\u05d5\u05dd came");
  });
  it("of an address that was cut name nothing", () => {
    expect(meant("%E0%A4%A")).toBe("%E0%A4%A");
    expect(meant("a%20b")).toBe("a b");
  });
});
