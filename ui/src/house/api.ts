/** The house page: what it asks of the house. See the replies of the same names in the API's documentation. */

import { ask } from "../ask";

export interface Evidence {
  device: string;
  means: string;
  is_answer: boolean;
  at_us: number;
}
export interface Person {
  person: string;
  name: string;
  home: boolean;
  known: boolean;
  since_us: number;
  seen: Evidence | null;
  answered: Evidence | null;
  devices: { device: string; home: boolean; since_us: number; seen_us: number | null; means: string | null }[];
}
export interface ArmChange {
  number: number;
  at_us: number;
  before: string;
  mode: string;
  cause: string;
  who: string;
  via: string;
  until_us: number | null;
  evidence: string[];
}
export interface Rule {
  camera: string;
  name: string;
  enabled: boolean;
  send_picture: boolean;
  send_clip: boolean;
  labels: string[];
  told: Record<string, string[]>;
  zones: Record<string, string[]>;
  private: string[];
  times: string[];
  label_times: Record<string, string[]>;
  remind_s: number;
}
export interface Route {
  topics: string[];
  cameras: string[];
  labels: string[];
  importance: string;
  times: string[];
}
export interface Way {
  way: string;
  kind: string;
  who: string;
  used: boolean;
  route: Route;
}
export interface Rules {
  modes: string[];
  cameras: Rule[];
  recipients: { channel: string; who: string }[];
  ways: Way[];
}
export interface Plan {
  times: { name: string; at: string; days: string[]; mode: string }[];
  next_name: string;
  next_us: number;
  next_mode: string;
}
export interface Latency {
  channel: string;
  part: string;
  count: number;
  decided_p50_ms: number;
  decided_p95_ms: number;
  handed_p50_ms: number;
  handed_p95_ms: number;
  whole_p50_ms: number;
  whole_p95_ms: number;
}
export interface Destination {
  host: string;
  purpose: string;
  setting: string;
  times: number;
  sent_bytes: number | null;
  last_us: number;
}
export interface Outgoing {
  since_us: number;
  destinations: Destination[];
}
export interface Release {
  version: string;
  date: string;
  schemas: Record<string, string>;
  asks: boolean;
  may_ask: boolean;
  heard: {
    at_us: number;
    fault: string;
    version: string;
    date: string;
    newer: boolean;
    stale: boolean;
    security: boolean;
    notes: string[];
    page: string;
    refused: string[];
    changes: string[];
  } | null;
}

const at = (camera: string): string => `/house/rules/${encodeURIComponent(camera)}`;

export const houseApi = {
  people: () => ask<Person[]>("GET", "/people"),
  changes: (before?: number) => ask<ArmChange[]>("GET", "/arming/changes", { before, limit: 12 }),
  rules: () => ask<Rules>("GET", "/house/rules"),
  setRule: (camera: string, mode: string, label: string, told: boolean) => ask<void>("POST", at(camera), {}, { mode, label, told }),
  setEnabled: (camera: string, enabled: boolean) => ask<void>("POST", `${at(camera)}/enabled`, {}, { enabled }),
  setRemind: (camera: string, remind_s: number) => ask<void>("POST", `${at(camera)}/remind`, {}, { remind_s }),
  setWay: (way: string, route: Route) => ask<void>("POST", "/house/ways", {}, { way, route }),
  plan: () => ask<Plan>("GET", "/house/schedule"),
  latency: () => ask<Latency[]>("GET", "/house/latency"),
  release: () => ask<Release>("GET", "/house/release"),
  askRelease: () => ask<Release>("POST", "/house/release/ask"),
  outgoing: () => ask<Outgoing>("GET", "/house/outgoing"),
};
