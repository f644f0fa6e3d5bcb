/** The time axis, the master clock and the fragments' pictures: pure arithmetic. */

import { describe, expect, it, vi } from "vitest";
import { beside, clamp, EXACT, faster, frac, HOUR, LONGEST, length, moment, nextStart, panned, pinched, type Range, RATES, rangeOf, SHORTEST, selected, shownAgain, slower, stepped, ticks, within, zoomed, zoomOf } from "../src/timeline/axis";
import { correction, MasterClock } from "../src/timeline/clock";
import { pictures } from "../src/timeline/fmp4";
import { Playback } from "../src/timeline/playback";
import { chunkUs } from "../src/timeline/player";
import { readRange } from "../src/timeline/reading";
import { noteOf } from "../src/timeline/words";

vi.stubEnv("TZ", "Europe/Berlin");

const us = (text: string): number => new Date(text).getTime() * 1000;
const NOW = us("2026-11-21T14:00:00+01:00");

describe("days on which the clock changes", () => {
  it("have 23 and 25 hours", () => {
    expect(length(rangeOf("day", us("2026-03-29T12:00:00+02:00"), NOW)) / HOUR).toBe(23);
    expect(length(rangeOf("day", us("2026-10-25T12:00:00+01:00"), NOW)) / HOUR).toBe(25);
  });
  it("are stepped over day by day", () => {
    const day = rangeOf("day", us("2026-10-24T12:00:00+02:00"), NOW);
    const next = stepped(day, 1, NOW);
    expect(next[0]).toBe(day[1]);
    expect(length(next) / HOUR).toBe(25);
    expect(stepped(next, -1, NOW)).toEqual(day);
  });
  it("show each hour of the clock once, where it leaps over one as well, and the one it repeats twice", () => {
    const spring = ticks(rangeOf("day", us("2026-03-29T12:00:00+02:00"), NOW), 24).map((each) => new Date(each.at_us / 1000).getHours());
    expect(new Set(spring).size).toBe(spring.length);
    expect(spring).not.toContain(2);
    const autumn = ticks(rangeOf("day", us("2026-10-25T12:00:00+01:00"), NOW), 25);
    expect(autumn.map((each) => each.at_us)).toEqual([...autumn].map((each) => each.at_us).sort((a, b) => a - b));
    expect(autumn[0]?.day).toBe(true);
    const hours = autumn.map((each) => new Date(each.at_us / 1000).getHours());
    expect(hours.filter((each) => each === 2)).toEqual([2, 2]);
    expect(hours.length).toBe(25);
    expect(autumn.filter((each) => each.repeats).length).toBe(2);
    expect(shownAgain(us("2026-10-25T02:30:00+02:00"))).toEqual([us("2026-10-25T02:30:00+01:00")]);
    expect(shownAgain(us("2026-10-25T02:30:00+01:00"))).toEqual([]);
  });
  it("lie in a month of thirty calendar days", () => {
    const month = rangeOf("month", us("2026-10-25T12:00:00+01:00"), NOW);
    expect(length(month) / (24 * HOUR)).toBeCloseTo(30 + 1 / 24, 5);
    expect(ticks(month, 12).every((each) => each.day && new Date(each.at_us / 1000).getHours() === 0)).toBe(true);
  });
});

describe("zooming and panning", () => {
  const day: Range = [NOW - 10 * HOUR, NOW];
  it("leaves what is under the pointer where it is", () => {
    for (const part of [0.1, 0.5, 0.9]) {
      const about = moment(part, day);
      expect(frac(about, zoomed(day, 0.4, about, NOW))).toBeCloseTo(part, 4);
    }
  });
  it("keeps what lies under two fingers under them", () => {
    const next = pinched(day, [0.3, 0.6], [0.2, 0.8], NOW);
    expect(frac(moment(0.3, day), next)).toBeCloseTo(0.2, 4);
    expect(frac(moment(0.6, day), next)).toBeCloseTo(0.8, 4);
    expect(pinched(day, [0.3, 0.6], [0.5, 0.5], NOW)).toEqual(day);
  });
  it("ends at two minutes and at a month, and does not go far into what is to come", () => {
    expect(length(zoomed(day, 1e-6, NOW - HOUR, NOW))).toBe(SHORTEST);
    expect(length(zoomed(day, 1e6, NOW - HOUR, NOW))).toBe(LONGEST);
    expect(panned(day, 1e15, NOW)[1]).toBeLessThanOrEqual(us("2026-11-22T00:00:00+01:00"));
    expect(length(panned(day, -3 * HOUR, NOW))).toBe(length(day));
    expect(within([NOW, NOW + 100 * HOUR], NOW)[1]).toBeLessThan(NOW + 20 * HOUR);
  });
  it("names what it shows", () => {
    for (const zoom of ["month", "day", "hour"] as const) expect(zoomOf(rangeOf(zoom, NOW - 50 * HOUR, NOW))).toBe(zoom);
  });
  it("reads some more on both sides, and stays exact where it can", () => {
    expect(length(readRange(day))).toBeGreaterThan(length(day));
    expect(length(readRange([NOW - 24 * HOUR, NOW]))).toBeLessThanOrEqual(EXACT);
    expect(clamp(5, 0, 3)).toBe(3);
  });
});

describe("choosing moments", () => {
  it("takes a selection in either direction, up to now", () => {
    expect(selected(NOW - 5e6, NOW - 60e6, NOW)).toEqual([NOW - 60e6, NOW - 5e6]);
    expect(selected(NOW - 5e6, NOW + HOUR, NOW)).toEqual([NOW - 5e6, NOW]);
    expect(selected(NOW, NOW - 1000, NOW)).toBeNull();
  });
  it("finds where footage goes on, in any list", () => {
    const lists = [[[0, 10], [50, 60]], [[20, 30]]] as [number, number][][];
    expect([5, 10, 30, 60].map((each) => nextStart(lists, each))).toEqual([5, 20, 50, null]);
  });
  it("finds the event after, and the one before that did not just begin", () => {
    const starts = [10e6, 30e6, 50e6];
    expect(beside(starts, 30e6, 1)).toBe(50e6);
    expect(beside(starts, 30.5e6, -1)).toBe(10e6);
    expect(beside(starts, 60e6, 1)).toBeNull();
  });
  it("has speeds from a quarter to sixteen", () => {
    expect(RATES.map(faster)).toEqual([0.5, 1, 2, 4, 8, 16, 16]);
    expect(RATES.map(slower)).toEqual([0.25, 0.25, 0.5, 1, 2, 4, 8]);
    expect(chunkUs(1, true)).toBeLessThan(chunkUs(1, false));
    expect(chunkUs(16, false)).toBeGreaterThan(chunkUs(4, false));
  });
});

describe("the master clock", () => {
  it("runs at its speed, and stands while it is held", () => {
    const clock = new MasterClock(1000e6);
    clock.run(0);
    expect(clock.at(2000)).toBe(1002e6);
    clock.setRate(4, 2000);
    expect(clock.at(3000)).toBe(1006e6);
    clock.hold(3000);
    expect(clock.at(9000)).toBe(1006e6);
    clock.jump(5e6, 9000);
    expect(clock.at(9999)).toBe(5e6);
  });
  it("bends a follower's speed a little, and jumps only when it is far off", () => {
    expect(correction(0.005, 1)).toEqual({ jump: false, rate: 1 });
    expect(correction(0.08, 1).rate).toBeLessThan(1);
    expect(correction(-0.08, 1).rate).toBeGreaterThan(1);
    expect(correction(0.4, 1).jump).toBe(true);
    expect(correction(0.9, 16).jump).toBe(false);
  });
  it("skips what nobody recorded and says so, and stops at the end", () => {
    const told: [number, number | null][] = [];
    let ms = 0;
    const playback = new Playback(100e6, (from, to) => told.push([from, to]), () => 1000e6, () => ms);
    const video = { buffered: { length: 0 }, paused: true, addEventListener: () => undefined, removeAttribute: () => undefined, load: () => undefined, pause: () => undefined } as unknown as HTMLVideoElement;
    playback.attach("hall", video);
    playback.plan(new Map([["hall", [[0, 50e6], [300e6, 320e6]]]]));
    playback.play();
    playback.tick();
    expect(told).toEqual([[100e6, 300e6]]);
    expect(playback.now.at_us).toBe(300e6);
    playback.seek(320e6);
    ms = 100;
    playback.tick();
    expect(told.at(-1)).toEqual([320e6, null]);
    expect(playback.now.playing).toBe(false);
  });
  it("names the cause of the longest gap", () => {
    const lanes = { cameras: [{ gaps: [{ start_us: 0, end_us: 90e6, reason: "network", detail: "", count: 1 }, { start_us: 90e6, end_us: 95e6, reason: "disk", detail: "", count: 1 }] }] };
    expect(noteOf(0, 95e6, lanes as never, NOW)).toContain("The camera did not answer");
    expect(noteOf(0, null, null, NOW)).toContain("Nothing is recorded");
  });
});

describe("a fragmented MP4", () => {
  const box = (kind: string, ...parts: Uint8Array[]): Uint8Array => {
    const size = 8 + parts.reduce((sum, each) => sum + each.length, 0);
    const whole = new Uint8Array(size);
    new DataView(whole.buffer).setUint32(0, size);
    whole.set([...kind].map((letter) => letter.charCodeAt(0)), 4);
    let at = 8;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const numbers = (...values: number[]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, index) => view.setUint32(index * 4, value >>> 0));
    return new Uint8Array(view.buffer);
  };
  it("tells when its pictures are shown, in order, of the video alone", () => {
    const header = box("mdhd", numbers(0x1000000, 0, 0, 0, 0, 1000, 0, 0));
    const moov = box("moov", box("trak", box("mdia", header)));
    const traf = (track: number, base: number, flags: number, ...rows: number[]): Uint8Array =>
      box("traf", box("tfhd", numbers(0x20000, track)), box("tfdt", numbers(0x1000000, 0, base)), box("trun", numbers(0x1000000 | flags, rows.length / (flags & 0x800 ? 4 : 3), 99, ...rows)));
    const moof = box("moof", traf(1, 2000, 0xf01, 100, 9, 0, 100, 100, 9, 0, -100), traf(2, 0, 0x701, 50, 1, 0));
    const data = new Uint8Array([...moov, ...moof, ...box("mdat", numbers(1, 2, 3))]);
    expect(pictures(data.buffer)).toEqual([2, 2.1]);
    expect(pictures(new Uint8Array([0, 0, 0, 1, 1, 1, 1, 1]).buffer)).toEqual([]);
  });
});
