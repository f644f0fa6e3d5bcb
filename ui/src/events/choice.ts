/** Which events are meant: read from the page's address, asked of the house, and checked against what comes in. */

import type { HouseEvent } from "../api";
import { addDays } from "../format";
import { said } from "../words";

export interface Choice {
  camera: string;
  label: string;
  kind: string;
  zone: string;
  seen: string;
  search: string;
  start_us: number | null;
  end_us: number | null;
}

export const KINDS: readonly (readonly [string, string])[] = [
  ["object", said("Seen and named")],
  ["motion", said("Motion only")],
  ["sensor", said("Sensors")],
  ["alarm", said("Alarms of the camera")],
  ["tamper", said("Tampering")],
  ["offline", said("Outages")],
];
export const SEEN: readonly (readonly [string, string])[] = [
  ["", said("All")],
  ["new", said("Not seen yet")],
  ["false", said("False alarms")],
];

/** A day as `<input type="date">` writes it; null for none. */
const toDay = (text: string | null): number | null => toMoment(text ? `${text}T00:00` : null);

/** A moment as `<input type="datetime-local">` writes it; null for none. */
export function toMoment(text: string | null): number | null {
  if (!text) return null;
  const parsed = new Date(text).getTime();
  return Number.isFinite(parsed) ? parsed * 1000 : null;
}

export function choiceOf(query: URLSearchParams): Choice {
  const word = (name: string): string => query.get(name) ?? "";
  const day = toDay(query.get("day"));
  return {
    camera: word("camera"),
    label: word("label"),
    kind: word("kind"),
    zone: word("zone"),
    seen: word("seen"),
    search: word("search").slice(0, 200),
    start_us: day ?? toMoment(query.get("from")),
    end_us: day === null ? toMoment(query.get("to")) : addDays(day, 1),
  };
}

export const isAny = (choice: Choice): boolean => Object.values(choice).every((value) => value === "" || value === null);

/** How many of the choices behind "More" are made. */
export const moreChosen = (query: URLSearchParams): number => ["kind", "zone", "from", "to"].filter((name) => query.get(name)).length;

/** The choice as the API takes it: what is not asked is left out. */
export function asked(choice: Choice): Record<string, string | number | boolean> {
  const found: Record<string, string | number | boolean> = {};
  for (const name of ["camera", "label", "kind", "zone", "search"] as const) if (choice[name]) found[name] = choice[name];
  if (choice.start_us !== null) found.start_us = choice.start_us;
  if (choice.end_us !== null) found.end_us = choice.end_us;
  if (choice.seen === "new") found.reviewed = false;
  if (choice.seen === "false") found.false_alarm = true;
  return found;
}

/** Whether an event that just came in is one of these; words are the house's to look for. */
export const fits = (event: HouseEvent, choice: Choice): boolean =>
  (!choice.camera || event.camera === choice.camera) &&
  (!choice.label || event.label === choice.label) &&
  (!choice.kind || event.kind === choice.kind) &&
  (!choice.zone || event.zones.includes(choice.zone)) &&
  (choice.start_us === null || event.start_us >= choice.start_us) &&
  (choice.end_us === null || event.start_us < choice.end_us) &&
  (choice.seen !== "new" || !event.reviewed) &&
  (choice.seen !== "false" || event.false_alarm) &&
  !choice.search;

/** The list with news of events that stand in it, and how many came that do not; the list itself never changes its length. */
export function withNewsOf(list: readonly HouseEvent[], news: readonly HouseEvent[], choice: Choice): { list: HouseEvent[]; fresh: HouseEvent[] } {
  const later = new Map(news.map((event) => [event.id, event]));
  const known = new Set(list.map((event) => event.id));
  const top = list[0]?.start_us ?? 0;
  return {
    list: list.map((event) => later.get(event.id) ?? event),
    fresh: news.filter((event) => !known.has(event.id) && event.start_us >= top && fits(event, choice)),
  };
}
