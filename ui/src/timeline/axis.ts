/** The time axis, pure: between moments and pixels, zooming and panning, local days, and which moment comes next. */

import { addDays, startOfDay } from "../format";

export type Range = readonly [number, number];
export type Stretch = readonly [start_us: number, end_us: number, ...rest: number[]];

export const S = 1e6;
export const HOUR = 3600 * S;
export const SHORTEST = 2 * 60 * S;
export const LONGEST = 31 * 24 * HOUR;
/** Beyond this the house answers in quarters of an hour. */
export const EXACT = 36 * HOUR;

export const length = ([from, to]: Range): number => to - from;
/** Where a moment lies, as a fraction of the range. */
export const frac = (at_us: number, [from, to]: Range): number => (at_us - from) / (to - from);
export const moment = (part: number, [from, to]: Range): number => from + part * (to - from);
export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Not shorter or longer than there is use for, and hardly into what is still to come. */
export function within([from, to]: Range, now_us: number): Range {
  const long = clamp(to - from, SHORTEST, LONGEST);
  const middle = (from + to) / 2;
  const latest = Math.max(startOfTomorrow(now_us), now_us + long * 0.1);
  const end = Math.min(middle + long / 2, latest);
  return [Math.round(end - long), Math.round(end)];
}

const startOfTomorrow = (now_us: number): number => addDays(startOfDay(now_us), 1);

/** `factor` below 1 shows less time; what lies at `about_us` stays where it is. */
export function zoomed([from, to]: Range, factor: number, about_us: number, now_us: number): Range {
  const long = clamp((to - from) * factor, SHORTEST, LONGEST);
  const part = clamp(frac(about_us, [from, to]), 0, 1);
  return within([about_us - part * long, about_us + (1 - part) * long], now_us);
}

export const panned = ([from, to]: Range, by_us: number, now_us: number): Range => within([from + by_us, to + by_us], now_us);

/** What two fingers that lay at `before` and now lie at `after` (fractions of the width) make of the range. */
export function pinched(range: Range, before: Range, after: Range, now_us: number): Range {
  const a = moment(before[0], range);
  const b = moment(before[1], range);
  const gap = after[1] - after[0];
  if (Math.abs(gap) < 0.02) return range;
  const long = clamp((b - a) / gap, SHORTEST, LONGEST);
  const from = a - after[0] * long;
  return within([from, from + long], now_us);
}

export type Zoom = "month" | "day" | "hour";

/** The range of a zoom: the 30 days up to the day, the whole local day (which may have 23 or 25 hours), or the hour around. */
export function rangeOf(zoom: Zoom, at_us: number, now_us: number): Range {
  const day = startOfDay(at_us);
  if (zoom === "month") {
    const end = Math.min(addDays(day, 15), addDays(startOfDay(now_us), 1));
    return [addDays(end, -30), end];
  }
  if (zoom === "day") return [day, addDays(day, 1)];
  return within([at_us - HOUR / 2, at_us + HOUR / 2], now_us);
}

/** Which zoom a range is, or comes nearest to. */
export function zoomOf(range: Range): Zoom {
  const long = length(range);
  return long > 4 * 24 * HOUR ? "month" : long > 3 * HOUR ? "day" : "hour";
}

/** The day, or the month, before or after. Steps of days are steps of the calendar. */
export function stepped(range: Range, by: 1 | -1, now_us: number): Range {
  const zoom = zoomOf(range);
  if (zoom === "hour") return panned(range, by * length(range), now_us);
  const days = zoom === "month" ? 30 : 1;
  const next: Range = [addDays(range[0], by * days), addDays(range[1], by * days)];
  return next[0] > now_us ? range : next;
}

const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720];

export interface Tick {
  at_us: number;
  /** The label names the day, not the time. */
  day: boolean;
  /** The clock on the wall showed, or will show, the same once more that night: the label says by which time of year. */
  repeats?: boolean;
}

/** When the clock on the wall shows the same once more, on the night it is set back. */
export function shownAgain(at_us: number): number[] {
  const shown = new Date(at_us / 1000);
  return [HOUR / 2, HOUR]
    .map((later) => at_us + later)
    .filter((each) => {
      const again = new Date(each / 1000);
      return again.getHours() === shown.getHours() && again.getMinutes() === shown.getMinutes();
    });
}

/** Even moments of the local clock, at most about `most` of them: on the day of a change of the clock the steps are those the
 * clock on the wall shows. */
export function ticks(range: Range, most: number): Tick[] {
  const [from, to] = range;
  const minutes = MINUTES.find((each) => (to - from) / (each * 60 * S) <= most);
  const found: Tick[] = [];
  if (minutes === undefined) {
    const days = Math.max(1, Math.ceil((to - from) / (24 * HOUR) / most));
    for (let day = startOfDay(from); day < to; day = addDays(day, days)) if (day >= from) found.push({ at_us: day, day: true });
    return found;
  }
  for (let day = startOfDay(from); day < to; day = addDays(day, 1)) {
    for (let step = 0; step < 1440; step += minutes) {
      const local = new Date(day / 1000);
      local.setMinutes(step);
      const at_us = local.getTime() * 1000;
      // an hour that the clock leaps over would come twice; one that it shows twice is there twice
      const again = shownAgain(at_us);
      for (const each of [at_us, ...again]) {
        if (each < from || each >= to || found.some((one) => one.at_us === each)) continue;
        found.push({ at_us: each, day: step === 0 && each === at_us, ...(again.length ? { repeats: true } : {}) });
      }
    }
  }
  return found.sort((a, b) => a.at_us - b.at_us);
}

/** Two moments in whichever order, as a range within what is there; null for less than a second. */
export function selected(a_us: number, b_us: number, now_us: number): Range | null {
  const from = Math.round(Math.min(a_us, b_us));
  const to = Math.round(Math.min(Math.max(a_us, b_us), now_us));
  return to - from < S ? null : [from, to];
}

/** The stretch a moment lies in. */
export const at = <T extends Stretch>(stretches: readonly T[], at_us: number): T | undefined => stretches.find((each) => each[0] <= at_us && at_us < each[1]);

/** From where there is something again at or after a moment, over all lists; null when nothing comes. */
export function nextStart(lists: readonly (readonly Stretch[])[], at_us: number): number | null {
  let found: number | null = null;
  for (const list of lists) {
    for (const [start, end] of list) {
      if (end <= at_us) continue;
      const from = Math.max(start, at_us);
      if (found === null || from < found) found = from;
    }
  }
  return found;
}

/** The start of the next mark after a moment, or of the one before; a mark that just began is not "before". */
export function beside(starts: readonly number[], at_us: number, way: 1 | -1): number | null {
  const sorted = [...starts].sort((a, b) => a - b);
  if (way === 1) return sorted.find((each) => each > at_us + 0.5 * S) ?? null;
  return sorted.reverse().find((each) => each < at_us - 2 * S) ?? null;
}

export const RATES = [0.25, 0.5, 1, 2, 4, 8, 16] as const;
export const faster = (rate: number): number => RATES.find((each) => each > rate) ?? 16;
export const slower = (rate: number): number => [...RATES].reverse().find((each) => each < rate) ?? 0.25;
/** Above this only key frames are sent. */
export const WHOLE_RATE = 4;
/** Above this there is no sound. */
export const SOUND_RATE = 2;
