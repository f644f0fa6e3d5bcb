import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Camera, Stream } from "../src/api";
import { boxName } from "../src/format";
import { decode } from "../src/live/g711";
import { fallback, firstMode } from "../src/live/modes";
import { mosaic, neighbour, shape } from "../src/live/mosaic";
import { parted } from "../src/live/line";
import { meter } from "../src/live/Motion";
import { afterQuiet, afterStop, Behind, isWorthShowing, MOST_TARGET_S, pace, TARGET_S } from "../src/live/pace";
import { Places } from "../src/live/Pictures";
import { backoff, kindOf } from "../src/live/player";
import { BEAT_MS, Grip, type Move } from "../src/live/ptz";
import { missing, say } from "../src/live/say";
import { pictureName } from "../src/live/snapshot";
import { chosen, moved, ordered, parsed } from "../src/live/wallset";
import { movedBy, WHOLE, within, zoomedAt } from "../src/live/zoom";
import { closeUp } from "../src/parts/closeUp";
import { zoomed } from "../src/parts/Strip";

test("a camera without a stream shows single pictures from the start", () => {
  expect(firstMode({ streams: [] } as unknown as Camera, "sub")).toEqual({ way: "pictures" });
  expect(firstMode({ streams: [{}] } as unknown as Camera, "sub")).toEqual({ way: "video", stream: "sub" });
});

const WIDE = 16 / 9;
const alike = (count: number): number[] => Array.from({ length: count }, () => WIDE);

describe("the wall", () => {
  test.each([
    [1, 1200, 700, 1],
    [2, 1200, 600, 2],
    [2, 700, 1200, 1],
    [4, 1200, 700, 2],
    [9, 1600, 900, 3],
    [4, 2400, 350, 4],
    [3, 700, 980, 1],
  ])("shows %i pictures in %i × %i with %i in its first row", (count, width, height, expected) => {
    const { spots } = mosaic(alike(count), width, height, 12);
    expect(spots.filter((spot) => spot.y === 0).length).toBe(expected);
  });

  test.each([
    [1, 1440, 810, 0.9],
    [2, 1440, 500, 0.78],
    [4, 1280, 720, 0.95],
    [8, 1440, 810, 0.7],
    [4, 688, 880, 0.8],
    [8, 688, 880, 0.8],
    [8, 820, 1100, 0.7],
  ])("%i pictures in %i × %i use at least the share %s of it", (count, width, height, share) => {
    const { spots } = mosaic(alike(count), width, height, 8);
    expect(spots.reduce((sum, spot) => sum + spot.w * spot.h, 0) / (width * height)).toBeGreaterThan(share);
  });

  test.each([[1], [2], [4], [8]])("%i pictures are as wide as a phone, and rows are full", (count) => {
    const { spots } = mosaic(alike(count), 366, 690, 12, true);
    for (const y of new Set(spots.map((spot) => spot.y))) {
      const row = spots.filter((spot) => spot.y === y);
      expect(Math.max(...row.map((spot) => spot.x + spot.w))).toBeGreaterThan(360);
    }
    expect(spots[0]?.w).toBe(366);
    expect(Math.min(...spots.map((spot) => spot.w))).toBe(count > 4 ? 177 : 366);
  });

  test("never spills out of its space, never overlaps, and every picture keeps its shape", () => {
    const shapes = [16 / 9, 4 / 3, 3 / 4, 16 / 9, 2.4, 4 / 3];
    for (let count = 1; count <= 30; count += 1) {
      for (const [width, height] of [[320, 900], [1440, 500], [800, 800]] as const) {
        const wanted = Array.from({ length: count }, (_, index) => shapes[index % shapes.length] ?? WIDE);
        const { spots } = mosaic(wanted, width, height, 12);
        expect(spots).toHaveLength(count);
        spots.forEach((spot, index) => {
          expect(spot.x + spot.w).toBeLessThanOrEqual(width);
          expect(spot.y + spot.h).toBeLessThanOrEqual(height);
          if (spot.h > 60) expect(Math.abs(spot.w / spot.h - (wanted[index] ?? 1))).toBeLessThan(0.05);
          for (const other of spots.slice(index + 1)) {
            const apart = spot.x + spot.w <= other.x || other.x + other.w <= spot.x || spot.y + spot.h <= other.y || other.y + other.h <= spot.y;
            expect(apart).toBe(true);
          }
        });
      }
    }
  });

  test("takes a camera's own shape, within reason", () => {
    expect(shape(640, 480)).toBeCloseTo(4 / 3);
    expect(shape(0, 0)).toBeCloseTo(WIDE);
    expect(shape(100, 4000)).toBe(0.5);
  });

  test("is walked with arrow keys and has no way out", () => {
    const { spots } = mosaic(alike(4), 1200, 700, 12);
    expect(neighbour(0, "ArrowRight", spots)).toBe(1);
    expect(neighbour(0, "ArrowDown", spots)).toBe(2);
    expect(neighbour(3, "ArrowDown", spots)).toBe(3);
    expect(neighbour(3, "ArrowUp", spots)).toBe(1);
    expect(neighbour(0, "ArrowLeft", spots)).toBe(0);
    expect(neighbour(2, "Home", spots)).toBe(0);
    expect(neighbour(1, "End", spots)).toBe(3);
    expect(neighbour(1, "x", spots)).toBe(1);
  });

  test("keeps what this screen shows, in its order, and never shows nothing", () => {
    const all = [{ id: "a" }, { id: "b" }, { id: "c" }];
    const ids = (list: { id: string }[]): string[] => list.map((each) => each.id);
    expect(ids(ordered(all, { order: ["c", "a"], hidden: [] }))).toEqual(["c", "a", "b"]);
    expect(ids(chosen(all, { order: [], hidden: ["b"] }))).toEqual(["a", "c"]);
    expect(ids(chosen(all, { order: [], hidden: ["a", "b", "c"] }))).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b", "c"], "a", -1)).toEqual(["a", "b", "c"]);
    expect(parsed("nonsense")).toEqual({ order: [], hidden: [] });
    expect(parsed('{"order":[1,"a"],"hidden":null}')).toEqual({ order: ["a"], hidden: [] });
  });
});

describe("the live edge", () => {
  test("nothing to do without data or close to it", () => {
    expect(pace(0, [], 1)).toEqual({ rate: 1, seek: null });
    expect(pace(9.7, [[0, 10]], 1)).toEqual({ rate: 1, seek: null });
  });
  test("jumps into a buffer that starts later, over a hole, and when far behind", () => {
    expect(pace(0, [[100, 100.1]], 1).seek).toBe(100);
    expect(pace(5, [[0, 5], [9, 10]], 1).seek).toBeCloseTo(9.7);
    expect(pace(2, [[0, 10]], 1).seek).toBeCloseTo(10 - TARGET_S);
    expect(pace(11, [[0, 10]], 1).seek).toBeCloseTo(10 - TARGET_S);
  });
  test("plays a little faster until it is there again, and no longer", () => {
    expect(pace(9.3, [[0, 10]], 1).rate).toBeGreaterThan(1);
    expect(pace(9.6, [[0, 10]], 1.12).rate).toBeGreaterThan(1);
    expect(pace(9.6, [[0, 10]], 1).rate).toBe(1);
    expect(pace(9.68, [[0, 10]], 1.12).rate).toBe(1);
  });
  test("whatever it does, it ends within a second of the newest picture", () => {
    for (const from of [0, 8, 8.6, 9.1, 9.5]) {
      let [current, rate, end] = [from, 1, 10];
      for (let step = 0; step < 200; step += 1) {
        const next = pace(current, [[0, end]], rate);
        rate = next.rate;
        current = next.seek ?? Math.min(end, current + 0.1 * rate);
        end += 0.1;
      }
      expect(end - current).toBeLessThan(0.8);
    }
  });
  test("keeps more distance after stops, less after quiet, within bounds", () => {
    let target = TARGET_S;
    for (let stop = 0; stop < 20; stop += 1) target = afterStop(target);
    expect(target).toBe(MOST_TARGET_S);
    for (let quiet = 0; quiet < 20; quiet += 1) target = afterQuiet(target);
    expect(target).toBe(TARGET_S);
  });
  test("knows how far behind it is, also when notes come late and clocks differ", () => {
    const behind = new Behind();
    expect(behind.seconds(0, 0)).toBeNull();
    const house = (s: number): number => (1_700_000_000 + s) * 1e6;
    behind.note(10, house(0), house(0.05), 5_050);
    expect(behind.seconds(10, 5_050)).toBeCloseTo(0.05);
    expect(behind.seconds(10, 8_050)).toBeCloseTo(3.05);
    behind.note(11, house(1), house(1.05), 9_050); // three seconds on its way
    expect(behind.seconds(11, 9_050)).toBeCloseTo(3.05, 2);
    behind.forget();
    expect(behind.seconds(11, 9_050)).toBeNull();
  });
  test("waits longer with each try, never for ever, and not in step with other screens", () => {
    expect(backoff(1, 0.5)).toBeGreaterThan(backoff(0, 0.5));
    expect(backoff(50, 1)).toBeLessThanOrEqual(12_500);
    expect(backoff(3, 0)).not.toBe(backoff(3, 1));
  });
  test("tells sound from pictures by their first bytes", () => {
    const message = (kind: string): ArrayBuffer => new TextEncoder().encode(`0000${kind}rest`).buffer as ArrayBuffer;
    expect([message("moof"), message("ulaw"), new ArrayBuffer(3)].map(kindOf)).toEqual(["moof", "ulaw", ""]);
  });
});

describe("sound of G.711", () => {
  test.each([
    ["pcmu", 0xff, 0],
    ["pcmu", 0x80, 32124 / 32768],
    ["pcmu", 0x00, -32124 / 32768],
    ["pcma", 0xd5, 8 / 32768],
    ["pcma", 0xaa, 32256 / 32768],
    ["pcma", 0x2a, -32256 / 32768],
  ])("%s %i is %d", (codec, code, expected) => {
    expect(decode(codec, Uint8Array.of(code), 1)[0]).toBeCloseTo(expected, 6);
  });
  test("of two channels the first is heard, and what is not known is silent", () => {
    expect(decode("pcmu", Uint8Array.of(0x80, 0x00, 0x80, 0x00), 2)).toHaveLength(2);
    expect([...decode("opus", Uint8Array.of(1, 2), 1)]).toEqual([0, 0]);
  });
});

describe("looking closer", () => {
  const box = { w: 400, h: 200 };
  test("keeps the point under the fingers where it is", () => {
    for (const [px, py] of [[200, 100], [320, 60], [50, 190]] as const) {
      const view = zoomedAt(WHOLE, 2, px, py, box);
      const seen = (px - box.w / 2 - view.x) / view.scale + box.w / 2;
      expect(view.scale).toBe(2);
      expect(seen).toBeCloseTo(px);
    }
  });
  test("never shows what is beside the picture, however it is moved", () => {
    expect(movedBy({ scale: 2, x: 0, y: 0 }, 1e5, -1e5, box)).toEqual({ scale: 2, x: 200, y: -100 });
    expect(within({ scale: 0.2, x: 50, y: 50 }, box)).toEqual(WHOLE);
    expect(within({ scale: 99, x: 0, y: 0 }, box).scale).toBe(8);
  });
});

describe("holding a camera's move", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const asked: string[] = [];
  const way = {
    move: async (_camera: string, move: Move, hold: string): Promise<void> => void asked.push(`${move} ${hold}`),
    stop: async (_camera: string, hold: string): Promise<void> => void asked.push(`stop ${hold}`),
  };
  test("says it again while it is held and stops once", () => {
    asked.length = 0;
    const grip = new Grip("yard", () => undefined, way);
    grip.start("left");
    vi.advanceTimersByTime(BEAT_MS * 2 + 10);
    grip.stop();
    grip.stop();
    vi.advanceTimersByTime(BEAT_MS * 5);
    const hold = asked[0]?.split(" ")[1] ?? "";
    expect(asked).toEqual([`left ${hold}`, `left ${hold}`, `left ${hold}`, `stop ${hold}`]);
  });
  test("another move ends the first, and a refusal ends it, too", async () => {
    asked.length = 0;
    const told: unknown[] = [];
    const grip = new Grip("yard", (error) => told.push(error), { ...way, move: async (_camera, move) => (move === "up" ? Promise.reject(new Error("cannot")) : undefined) });
    grip.start("left");
    grip.start("up");
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toHaveLength(1);
    expect(grip.held).toBe(false);
    expect(asked).toHaveLength(2);
  });
});

test("a saved picture is named after its camera and moment, on every system", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  expect(pictureName("Front door", at)).toBe("Front door 2026-01-02 03-04-05.jpg");
  expect(pictureName('../a\\b:c*?"<>|\u0000', at)).toBe("a b c 2026-01-02 03-04-05.jpg");
  expect(pictureName("///", at)).toBe("camera 2026-01-02 03-04-05.jpg");
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
  test("a sub-stream in H.265 gives way to a main stream in H.264", () => {
    expect(fallback(camera(stream("main", "h264"), stream("sub", "h265")), "sub", "h265").mode).toEqual({ way: "video", stream: "main" });
  });
  test("what a tile says is what is true", () => {
    const live = camera(stream("main", "h264"));
    const playing = { kind: "playing" } as const;
    expect(say(live, playing, 0.4, false)).toEqual({ word: "Live", tone: "good" });
    expect(say(live, playing, 3.2, false).word).toBe("3 s behind");
    expect(say(live, { kind: "waiting", why: "No picture for 8 s" }, null, false).word).toBe("Reconnecting…");
    expect(say({ ...live, state: "lost" }, playing, 0.1, false)).toEqual({ word: "Reconnecting…", tone: "bad" });
    expect(say({ ...live, state: "private" }, playing, 0.1, false).word).toBe("Private");
    expect(say({ ...live, state: "refused" }, playing, 0.1, false).word).toBe("Password refused");
    expect(missing({ ...live, state: "lost", since_us: 0, cause: "no answer" }, 3600e6)).toEqual({ title: expect.stringMatching(/^No picture since /), detail: "no answer" });
    expect(missing({ ...live, state: "private", cause: "private in mode home" }, 1).title).toContain("Private");
  });
  test("without one it becomes single pictures", () => {
    expect(fallback(camera(stream("main", "h265")), "main", "h265").mode).toEqual({ way: "pictures" });
    expect(fallback(camera(stream("main", "h265"), stream("sub", "h265")), "main", "h265").mode).toEqual({ way: "pictures" });
    expect(fallback(camera(stream("main", "h265"), stream("sub", "h265")), "sub", "h265").mode).toEqual({ way: "pictures" });
    expect(fallback(camera(stream("main", "h264"), stream("sub", "h264")), "sub", "h264").mode, "a browser that cannot play H.264 cannot play the other one, either").toEqual({ way: "pictures" });
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

describe("the first picture of a connection", () => {
  test("is shown at once unless it is about to be left behind", () => {
    expect(isWorthShowing(0.1, 0)).toBe(true);
    expect(isWorthShowing(1.7, 0)).toBe(true);
    expect(isWorthShowing(4, 0)).toBe(false);
  });
  test("is shown soon, however old it is", () => {
    expect(isWorthShowing(9, 100)).toBe(false);
    expect(isWorthShowing(9, 160)).toBe(true);
  });
});

test("a message of the shared connection names its camera before its bytes", () => {
  const name = new TextEncoder().encode("gärten");
  const [camera, rest] = parted(Uint8Array.of(name.length, ...name, 1, 2, 3).buffer);
  expect(camera).toBe("gärten");
  expect([...new Uint8Array(rest)]).toEqual([1, 2, 3]);
});
