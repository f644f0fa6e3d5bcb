import { describe, expect, it } from "vitest";
import type { Config } from "../src/config/api";
import { addPoint, addShape, at, changesOf, clamp, type Drawing, drawn, freeName, middles, movePoint, moveShape, removePoint, step, undo, withShape } from "../src/zones/shapes";

const section = (path: string[], pattern: string[], values: Record<string, unknown>, source = "file") => ({
  path,
  pattern,
  values: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value, source }])),
});
const config = (source = "file"): Config =>
  ({
    file: "hearthwatch.toml",
    mark: "m",
    infos: [],
    secrets: [],
    mistakes: [],
    sections: [
      section(["camera", "door", "motion"], ["camera", "NAME", "motion"], { masks: [[[0, 0], [0.2, 0], [0.2, 0.2]]] }),
      section(["camera", "door", "zones", "gate"], ["camera", "NAME", "zones", "NAME"], { points: [[0, 0.5], [1, 0.5], [1, 1]], labels: ["person"] }, source),
      section(["camera", "other", "zones", "yard"], ["camera", "NAME", "zones", "NAME"], { points: [[0, 0], [1, 0], [1, 1]], labels: [] }),
    ],
  }) as unknown as Config;

const triangle = (drawing: Drawing): Drawing => [at(0.1, 0.1), at(0.5, 0.1), at(0.5, 0.6)].reduce((all, point) => addPoint(all, point), drawing);

describe("what is drawn", () => {
  it("is what the file says of this camera", () => {
    const found = drawn(config(), "door");
    expect(found.shapes.map((shape) => [shape.kind, shape.name, shape.points.length, shape.labels])).toEqual([
      ["zone", "gate", 3, ["person"]],
      ["mask", "", 3, []],
    ]);
    expect(changesOf(config(), "door", found, found)).toEqual([]);
  });

  it("grows, moves and shrinks by corners", () => {
    let now = triangle(addShape({ shapes: [], selected: null, corner: null }, "zone"));
    expect(now.shapes[0]?.points).toEqual([[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]);
    now = addPoint(now, at(0.3, 0.05), 0);
    expect(now.shapes[0]?.points[1]).toEqual([0.3, 0.05]);
    expect(now.corner).toBe(1);
    now = movePoint(now, 1, at(2, -1));
    expect(now.shapes[0]?.points[1]).toEqual([1, 0]);
    now = removePoint(now, 1);
    expect(now.shapes[0]?.points).toHaveLength(3);
    expect(removePoint(now, 9)).toBe(now);
  });

  it("stays in the picture when it is moved as a whole", () => {
    const now = moveShape(triangle(addShape({ shapes: [], selected: null, corner: null }, "mask")), -0.5, 0.05);
    expect(now.shapes[0]?.points).toEqual([[0, 0.15], [0.4, 0.15], [0.4, 0.65]]);
  });

  it("goes back step by step, a pull of a corner being one", () => {
    const empty: Drawing = { shapes: [], selected: null, corner: null };
    let history = step({ now: empty, past: [] }, addShape(empty, "zone"), false);
    history = step(history, addPoint(history.now, at(0.1, 0.1)), false);
    history = step(history, movePoint(history.now, 0, at(0.2, 0.2)), false);
    history = step(history, movePoint(history.now, 0, at(0.3, 0.3)), true);
    expect(history.now.shapes[0]?.points).toEqual([[0.3, 0.3]]);
    history = undo(history);
    expect(history.now.shapes[0]?.points).toEqual([[0.1, 0.1]]);
    history = undo(undo(undo(history)));
    expect(history).toEqual({ now: empty, past: [] });
  });

  it("has a place for one more corner in the middle of each side", () => {
    const now = triangle(addShape({ shapes: [], selected: null, corner: null }, "zone"));
    expect(middles(now.shapes[0]!)).toEqual([[0.3, 0.1], [0.5, 0.35], [0.3, 0.35]]);
  });
});

describe("what is written", () => {
  it("is a new zone with its labels, and not one that has no three corners", () => {
    const before = drawn(config(), "door");
    let now = triangle(addShape(before, "zone"));
    now = withShape(now, now.selected ?? 0, { name: "path", labels: ["person", "dog"] });
    now = addPoint(addShape(now, "zone"), at(0.1, 0.1));
    expect(changesOf(config(), "door", before, now)).toEqual([
      { path: ["camera", "door", "zones", "path", "points"], value: [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]] },
      { path: ["camera", "door", "zones", "path", "labels"], value: ["person", "dog"] },
    ]);
  });

  it("takes an own zone out, and refuses an inherited one", () => {
    for (const [source, value] of [
      ["file", null],
      ["camera_defaults", false],
    ] as const) {
      const before = drawn(config(source), "door");
      const now = { ...before, shapes: before.shapes.filter((shape) => shape.kind === "mask") };
      expect(changesOf(config(source), "door", before, now)).toEqual([{ path: ["camera", "door", "zones", "gate"], value }]);
    }
  });

  it("is the whole list of masks, or none", () => {
    const before = drawn(config(), "door");
    const more = triangle(addShape(before, "mask"));
    expect(changesOf(config(), "door", before, more)).toEqual([
      { path: ["camera", "door", "motion", "masks"], value: [[[0, 0], [0.2, 0], [0.2, 0.2]], [[0.1, 0.1], [0.5, 0.1], [0.5, 0.6]]] },
    ]);
    const none = { ...before, shapes: before.shapes.filter((shape) => shape.kind === "zone") };
    expect(changesOf(config(), "door", before, none)).toEqual([{ path: ["camera", "door", "motion", "masks"], value: null }]);
  });
});

describe("a name", () => {
  it("is one the file takes, and nobody else's", () => {
    expect(freeName("Zone", ["zone", "zone-2"])).toBe("zone-3");
    expect(freeName("  Gärten & Höfe!  ", [])).toBe("garten-hofe");
    expect(freeName("☺", [])).toBe("zone");
    expect(clamp(1.00004)).toBe(1);
  });
});
