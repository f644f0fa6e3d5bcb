import { describe, expect, it } from "vitest";
import type { Config } from "../src/config/api";
import { fromPercent, groupsOf, isGone, matches, mistakesAt, type Pending, sectionsWith, sectionTitle, shownValue, titleOf, toPercent, unitOf, withChange, without } from "../src/config/model";

const key = (name: string, kind: string, value: unknown) => ({ name, kind, choices: [], least: null, most: null, limits: "", default: value, is_needed: false, doc: "Share of the picture.", when: "live" });
const config = {
  file: "f",
  mark: "m",
  infos: [
    { pattern: ["home"], doc: "", keys: [key("name", "text", "Home")] },
    { pattern: ["camera", "NAME"], doc: "", keys: [key("main", "text", "")] },
    { pattern: ["camera", "NAME", "motion"], doc: "", keys: [key("sensitivity_frac", "number", 0.03)] },
    { pattern: ["camera", "NAME", "labels", "NAME"], doc: "", keys: [key("min_score", "number", 0.4)] },
  ],
  sections: [
    { path: ["home"], pattern: ["home"], values: { name: { value: "Lodge", source: "file" } } },
    { path: ["camera", "door"], pattern: ["camera", "NAME"], values: { main: { value: "rtsp://x", source: "file" } } },
    { path: ["camera", "door", "motion"], pattern: ["camera", "NAME", "motion"], values: { sensitivity_frac: { value: 0.03, source: "default" } } },
    { path: ["new-room"], pattern: ["new-room"], values: {} },
  ],
  secrets: [],
  mistakes: [],
} as unknown as Config;
const none: Pending = new Map();

describe("words", () => {
  it("are a key without its unit, and the unit", () => {
    expect([titleOf("cooldown_s"), unitOf("cooldown_s")]).toEqual(["Cooldown", "seconds"]);
    expect([titleOf("off_after_s"), unitOf("max_mib_per_day")]).toEqual(["Off after", "MiB a day"]);
    expect(titleOf("allow_loopback")).toBe("Allow loopback");
    expect(sectionTitle({ path: ["camera", "door", "modes", "away"], pattern: ["camera", "NAME", "modes", "away"] })).toBe("When away");
    expect(shownValue(0.002, { name: "sensitivity_frac", kind: "number" })).toBe("0.2 %");
    expect(shownValue([[0, 0], [1, 0], [1, 1]], { name: "points", kind: "polygon" })).toBe("3 corners");
  });

  it("loses nothing between a share and per cent", () => {
    for (const frac of [0.003, 0.03, 0.1, 0.29, 0.0005, 1]) expect(fromPercent(toPercent(frac))).toBe(frac);
  });

  it("finds by title, key, section and meaning", () => {
    const [, , motion] = config.sections;
    const info = config.infos[2]?.keys[0];
    if (!motion || !info) throw new Error("not there");
    for (const query of ["sens", "motion sens", "camera.door", "share picture"]) expect(matches(query, motion, info)).toBe(true);
    expect(matches("mask", motion, info)).toBe(false);
  });
});

describe("pages", () => {
  it("hold every section once, even one this page does not know", () => {
    const groups = groupsOf(config, (camera) => camera.toUpperCase());
    for (const section of config.sections) expect(groups.filter((group) => group.holds(section.path))).toHaveLength(1);
    expect(groups.map((group) => group.title)).toContain("DOOR");
    expect(groups.at(-1)?.title).toBe("More");
  });
});

describe("what is not saved", () => {
  it("is nothing where it says what the file says", () => {
    const now = config.sections[0]?.values["name"];
    const changed = withChange(none, ["home", "name"], "Villa", now);
    expect([...changed.values()]).toEqual([{ path: ["home", "name"], value: "Villa" }]);
    expect(withChange(changed, ["home", "name"], "Lodge", now).size).toBe(0);
    expect(withChange(none, ["home", "name"], null, { value: "Home", source: "default" }).size).toBe(0);
    expect(without(changed, ["home"]).size).toBe(0);
  });

  it("shows a section that a change makes, with all that belongs to it", () => {
    const made = sectionsWith(config, withChange(none, ["camera", "yard", "main"], "rtsp://", undefined));
    expect(made.slice(4).map((section) => section.path.join("."))).toEqual(["camera.yard", "camera.yard.motion"]);
    const label = sectionsWith(config, withChange(none, ["camera", "door", "labels", "bus"], true, undefined));
    expect(label.at(-1)?.path).toEqual(["camera", "door", "labels", "bus"]);
  });

  it("hides what it takes away", () => {
    const pending: Pending = new Map([["camera\u0000door", { path: ["camera", "door"], value: null }]]);
    expect(isGone(["camera", "door", "motion"], pending)).toBe(true);
    expect(sectionsWith(config, pending).some((section) => section.path[1] === "door")).toBe(false);
  });

  it("is wrong at its key, or inside of its value", () => {
    const mistakes = [
      { key: "camera.door.motion.masks[0][1]", line: 3, text: "a corner lies …" },
      { key: 'camera."a b".main', line: 4, text: "…" },
    ];
    expect(mistakesAt(["camera", "door", "motion", "masks"], mistakes)).toHaveLength(1);
    expect(mistakesAt(["camera", "door", "motion"], mistakes)).toHaveLength(0);
    expect(mistakesAt(["camera", "a b", "main"], mistakes)).toHaveLength(1);
  });
});
