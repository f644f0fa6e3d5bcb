import { describe, expect, test } from "vitest";
import { addDays, ago, bytes, dayName, fits, gapCause, labelName, lasted, millis, spanHours, startOfDay, ticks } from "../src/format";
import { placesOf, spanAt } from "../src/parts/Elsewhere";
import { joined, piece } from "../src/parts/Strip";
import { listed } from "../src/words/figures";

const NOON = new Date(2026, 10, 21, 12, 0, 0).getTime() * 1000;
const DAY = 24 * 3600 * 1e6;

test.each([
  [0, "under 1 s"],
  [3.4e6, "3 s"],
  [89e6, "89 s"],
  [95e6, "2 min"],
  [3600e6, "60 min"],
  [7500e6, "2 h 5 min"],
  [7200e6, "2 h"],
  [5 * DAY, "5 days"],
])("%i µs lasted %s", (us, text) => expect(lasted(us)).toBe(text));

test("ago never speaks of the future", () => {
  expect(ago(NOON + 1e9, NOON)).toBe("just now");
  expect(ago(NOON - 60e6, NOON)).toBe("60 s ago");
});

test("days are named as people name them, across a change of the clocks", () => {
  expect(dayName(NOON, NOON)).toBe("Today");
  expect(dayName(NOON - DAY, NOON)).toBe("Yesterday");
  expect(dayName(NOON - 3 * DAY, NOON)).not.toMatch(/day$|^Today|^Yester/);
  for (let day = 0; day < 400; day += 1) {
    const start = addDays(startOfDay(NOON), -day);
    expect(new Date(start / 1000).getHours()).toBe(0);
    expect(startOfDay(addDays(start, 1) - 1)).toBe(start);
  }
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [4_900_000, "4.9 MB"],
  [412e9, "412 GB"],
  [3.2e15, "3200 TB"],
])("%i bytes are %s", (count, text) => expect(bytes(count)).toBe(text));

test.each([
  [0.4, "0.4 days"],
  [13.6, "14 days"],
  [15612, "over a year"],
])("room for %d days is %s", (days, text) => expect(fits(days)).toBe(text));

test("milliseconds and seconds", () => {
  expect(millis(46.4)).toBe("46 ms");
  expect(millis(1234)).toBe("1.2 s");
});

test("a cause we have no words for is still shown", () => {
  expect(gapCause("network")).toBe("The camera did not answer");
  expect(gapCause("meteor")).toBe("Meteor");
  expect(labelName("motion", "")).toBe("Motion");
  expect(labelName("object", "person")).toBe("Person");
});

describe("the strip of a day", () => {
  test("shows only what lies in it", () => {
    expect(piece(-10, 50, 0, 100)).toEqual({ left: 0, width: 0.5 });
    expect(piece(90, 200, 0, 100)).toEqual({ left: 0.9, width: 0.1 });
    expect(piece(200, 300, 0, 100)).toBeNull();
    expect(piece(-20, 0, 0, 100)).toBeNull();
  });
  test("joins minutes that touch and keeps real holes", () => {
    const span = (start: number, end: number) => ({ start_us: start * 1e6, end_us: end * 1e6, footage_class: "continuous", pinned: false });
    expect(joined([span(0, 60), span(60.1, 120), span(180, 240)])).toEqual([
      { start_us: 0, end_us: 120e6 },
      { start_us: 180e6, end_us: 240e6 },
    ]);
  });
});

test.each([
  [60, 1],
  [61, 3],
  [200, 6],
  [100_000, 24],
])("%i minutes of footage are shown in a span of %i hours", (minutes, hours) => expect(spanHours(NOON - minutes * 60e6, NOON)).toBe(hours));

test.each([1, 3, 6, 12, 24])("a span of %i hours has a handful of even ticks inside it", (hours) => {
  const from = NOON - hours * 3600e6 + 7e6;
  const found = ticks(from, NOON);
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(found.length).toBeLessThanOrEqual(8);
  for (const at of found) {
    expect(at).toBeGreaterThanOrEqual(from);
    expect(at).toBeLessThan(NOON);
    expect((at - startOfDay(from)) % 300e6).toBe(0);
  }
});

describe("footage that is only elsewhere", () => {
  const span = { start_us: 100e6, end_us: 200e6, places: [{ target: "nas", sealed: true }, { target: "nas", sealed: false }, { target: "pc", sealed: false }] };
  test("names each place once", () => {
    expect(placesOf(span.places)).toBe("nas and pc");
    expect(listed(["nas", "pc", "cloud"])).toBe("nas, pc and cloud");
    expect(listed([])).toBe("");
  });
  test("is found by a moment in it, its end left out", () => {
    expect(spanAt([span], 100e6)).toBe(span);
    expect(spanAt([span], 99.5e6)).toBe(span);
    expect(spanAt([span], 98e6)).toBeUndefined();
    expect(spanAt([span], 200e6)).toBeUndefined();
  });
});
