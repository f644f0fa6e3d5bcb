import { describe, expect, test } from "vitest";
import type { Camera, Stream } from "../src/api";
import { columns, neighbour, tileWidth } from "../src/live/grid";
import { fallback, firstMode } from "../src/live/LiveView";
import { Places } from "../src/live/Pictures";
import { jump } from "../src/live/player";
import { meter } from "../src/live/Tile";
import { boxName } from "../src/format";
import { closeUp } from "../src/parts/EventPicture";
import { zoomed } from "../src/parts/Strip";

test("a camera without a stream shows single pictures from the start", () => {
  expect(firstMode({ streams: [] } as unknown as Camera, "sub")).toEqual({ way: "pictures" });
  expect(firstMode({ streams: [{}] } as unknown as Camera, "sub")).toEqual({ way: "video", stream: "sub" });
});

describe("the grid", () => {
  test.each([
    [1, 1200, 700, 1],
    [2, 1200, 600, 2],
    [2, 700, 1200, 1],
    [4, 1200, 700, 2],
    [9, 1600, 900, 3],
    [4, 2400, 350, 4],
    [3, 760, 720, 2],
    [3, 700, 980, 1],
  ])("shows %i tiles largest in %i × %i with %i columns", (count, width, height, expected) => {
    expect(columns(count, width, height, 16 / 9, 12)).toBe(expected);
  });

  test("never spills out of its space", () => {
    for (let count = 1; count <= 30; count += 1) {
      for (const [width, height] of [[320, 900], [1440, 500], [800, 800]] as const) {
        const cols = columns(count, width, height, 16 / 9, 12);
        const tile = tileWidth(count, cols, width, height, 16 / 9, 12);
        const rows = Math.ceil(count / cols);
        expect(tile * cols + 12 * (cols - 1)).toBeLessThanOrEqual(width + 0.01);
        expect((tile / 16) * 9 * rows + 12 * (rows - 1)).toBeLessThanOrEqual(height + 0.01);
      }
    }
  });

  test("is walked with arrow keys and has no way out", () => {
    expect(neighbour(0, "ArrowRight", 4, 2)).toBe(1);
    expect(neighbour(0, "ArrowDown", 4, 2)).toBe(2);
    expect(neighbour(3, "ArrowDown", 4, 2)).toBe(3);
    expect(neighbour(0, "ArrowLeft", 4, 2)).toBe(0);
    expect(neighbour(2, "Home", 4, 2)).toBe(0);
    expect(neighbour(1, "End", 4, 2)).toBe(3);
    expect(neighbour(1, "x", 4, 2)).toBe(1);
  });
});

describe("the live edge", () => {
  test("nothing to do without data or close to it", () => {
    expect(jump(0, [])).toBeNull();
    expect(jump(9.5, [[0, 10]])).toBeNull();
  });
  test("jumps into a buffer that starts later, and over a hole", () => {
    expect(jump(0, [[100, 100.1]])).toBe(100);
    expect(jump(5, [[0, 5], [9, 10]])).toBeCloseTo(9.8);
  });
  test("catches up when it fell behind", () => {
    expect(jump(2, [[0, 10]])).toBeCloseTo(9.8);
  });
});

test("the motion meter starts at noise, ends at half the picture, and only grows", () => {
  expect(meter(0)).toBe(0);
  expect(meter(0.5)).toBe(1);
  expect(meter(1)).toBe(1);
  let last = 0;
  for (let frac = 0.001; frac < 0.6; frac *= 1.3) {
    expect(meter(frac)).toBeGreaterThanOrEqual(last);
    last = meter(frac);
  }
});

describe("what a browser cannot play", () => {
  const stream = (name: "main" | "sub", codec: string): Stream => ({
    stream: name,
    state: "live",
    codec,
    width_px: 640,
    height_px: 360,
    fps: 10,
    kbit_per_s: 300,
    last_us: 0,
    has_audio: false,
    boxes: [],
  });
  const camera = (...streams: Stream[]): Camera => ({
    id: "front",
    name: "Front",
    state: "live",
    cause: "",
    since_us: 0,
    streams,
    motion_frac: 0,
    motion_limit_frac: 0.03,
    looked_per_s: 10,
    recorded: true,
    only_events: false,
    kept_from_us: null,
    bytes_per_day: 0,
  });

  test("H.265 gives way to an H.264 sub-stream, and says so", () => {
    const found = fallback(camera(stream("main", "h265"), stream("sub", "h264")), "main", "h265");
    expect(found.mode).toEqual({ way: "video", stream: "sub" });
    expect(found.note).toContain("H.265");
  });
  test("without one it becomes single pictures", () => {
    expect(fallback(camera(stream("main", "h265")), "main", "h265").mode).toEqual({ way: "pictures" });
    expect(fallback(camera(stream("main", "h265"), stream("sub", "h265")), "main", "h265").mode).toEqual({ way: "pictures" });
    expect(fallback(camera(stream("main", "h264"), stream("sub", "h264")), "sub", "h264").mode).toEqual({ way: "pictures" });
  });
});

test("only so many tiles stream pictures, and a place is given back once", () => {
  const places = new Places(2);
  const first = places.take();
  expect(first).not.toBeNull();
  expect(places.take()).not.toBeNull();
  expect(places.take()).toBeNull();
  first?.();
  first?.();
  expect(places.take()).not.toBeNull();
  expect(places.take()).toBeNull();
});

describe("a close-up", () => {
  test("leaves a large box as it is", () => {
    expect(closeUp({ x0: 0.1, y0: 0, x1: 0.9, y1: 1 })).toEqual({ scale: 1, x: 50, y: 50 });
  });
  test.each([
    [0.45, 0.55],
    [0.0, 0.1],
    [0.9, 1.0],
    [0.2, 0.3],
  ])("shows all of a box from %f to %f and nothing beside the picture", (x0, x1) => {
    const { scale, x, y } = closeUp({ x0, y0: 0.5, x1, y1: 0.8 });
    expect(scale).toBeGreaterThan(1.5);
    const shown = (at: number): number => (at - x / 100) * scale + x / 100;
    expect(shown(0)).toBeLessThanOrEqual(0.0001);
    expect(shown(1)).toBeGreaterThanOrEqual(0.9999);
    expect(shown(x0)).toBeGreaterThanOrEqual(-0.0001);
    expect(shown(x1)).toBeLessThanOrEqual(1.0001);
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(100);
  });
});

describe("a camera's day", () => {
  test.each([
    [0, [0, 3600e6]],
    [43_200e6, [41_400e6, 45_000e6]],
    [86_400e6, [82_800e6, 86_400e6]],
  ] as const)("zoomed about %i stays in the day", (about, expected) => {
    expect(zoomed([0, 86_400e6], 1, about)).toEqual(expected);
  });
  test("names its mailboxes after what they are for", () => {
    expect(["house/front/main", "looker/front/sub", "looker/front", "odd"].map(boxName)).toEqual(["Live view", "To the detector", "In the detector", "odd"]);
  });
});
