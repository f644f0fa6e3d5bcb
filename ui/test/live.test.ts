import { describe, expect, test } from "vitest";
import type { Camera, Stream } from "../src/api";
import { columns, neighbour, tileWidth } from "../src/live/grid";
import { fallback } from "../src/live/LiveView";
import { Places } from "../src/live/Pictures";
import { jump } from "../src/live/player";
import { meter } from "../src/live/Tile";

describe("the grid", () => {
  test.each([
    [1, 1200, 700, 1],
    [2, 1200, 600, 2],
    [2, 700, 1200, 1],
    [4, 1200, 700, 2],
    [9, 1600, 900, 3],
    [4, 2400, 350, 4],
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
