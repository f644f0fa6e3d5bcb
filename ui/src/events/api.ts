/** Going through the events: what the page asks of the house. */

import type { Events, HouseEvent, Rect } from "../api";
import { ask } from "../ask";
import { asked, type Choice } from "./choice";

export interface Suggestion {
  kind: "mask" | "min-area" | "min-score";
  camera: string;
  label: string;
  of: number;
  covers: number;
  also: number;
  region: Rect | null;
  value: number;
}
export interface Suggestions {
  suggestions: Suggestion[];
  boxes: Rect[];
}

const PAGE = 60;
const at = (event: string): string => `/events/${encodeURIComponent(event)}`;

export const review = {
  page: (choice: Choice, after = "") => ask<Events>("GET", "/events", { ...asked(choice), after, limit: PAGE }),
  choices: () => ask<{ labels: string[]; zones: string[] }>("GET", "/review/choices"),
  unseen: async (choice: Choice) => (await ask<{ count: number }>("POST", "/review/unseen", {}, asked(choice))).count,
  seen: (events: readonly string[], reviewed = true) => ask<{ changed: number }>("POST", "/review/seen", {}, { events, reviewed }),
  seenDownTo: (choice: Choice, first: string, last: string | null) => ask<{ changed: number }>("POST", "/review/seen-down-to", {}, { choice: asked(choice), first, last }),
  note: (event: string, note: string) => ask<HouseEvent>("POST", `${at(event)}/note`, {}, { note }),
  judge: (event: string, false_alarm: boolean) => ask<HouseEvent>("POST", `${at(event)}/false-alarm`, {}, { false_alarm }),
  suggestions: (event: string) => ask<Suggestions>("GET", `${at(event)}/suggestions`),
  accept: (event: string, one: Suggestion) => ask<Suggestion>("POST", `${at(event)}/suggestions/accept`, {}, { kind: one.kind, region: one.region, value: one.value }),
};
