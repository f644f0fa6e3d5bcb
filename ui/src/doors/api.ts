/** The API of the cameras' own doors: types that match the server's OpenAPI, and one function for each call. */

import { ask } from "../ask";

export interface Login {
  id: number;
  camera: string;
  action: string;
  verdict: string;
  source: string;
  user: string;
  address: string | null;
  origin: string;
  at_home: boolean;
  name: string;
  via: string;
  code: string;
  at_us: number;
  local_us: number | null;
  seen_us: number;
  told: boolean;
}
export interface Logins {
  logins: Login[];
  more: boolean;
}
export interface Watch {
  camera: string;
  has_log: boolean;
  has_sessions: boolean;
  has_events: boolean;
  looked_us: number | null;
  trouble: string;
  own: Record<string, number>;
}
export interface LogLine {
  id: number;
  camera: string;
  at_us: number;
  local_us: number | null;
  code: string;
  user: string;
  text: string;
}
export interface LogLines {
  lines: LogLine[];
  more: boolean;
}
/** What can be done: POST kind, subject and value to the camera's remedies. */
export interface Offer {
  kind: string;
  camera: string;
  subject: string;
  value: string;
  label: string;
}
export interface Known {
  camera: string;
  reach: string;
  why: string;
  vendor: string;
  host: string;
  port: number;
  tls: boolean;
  maker: string;
  model: string;
  firmware: string;
  mac: string;
  serial: string;
  first_us: number | null;
  last_us: number | null;
}
export interface Identity {
  vendor: string;
  model: string;
  name: string;
  mac: string;
  serial: string;
  firmware: string;
  build_date: string;
  hardware: string;
}
export interface Visit {
  id: string;
  user: string;
  address: string | null;
  origin: string;
  at_home: boolean;
  group: string;
  via: string;
  at_us: number | null;
}
export interface Account {
  name: string;
  group: string;
  is_admin: boolean;
  is_built_in: boolean;
  is_ours: boolean;
}
export interface Action {
  kind: string;
  label: string;
  why_not: string;
}
export interface Door {
  vendor: string;
  host: string;
  port: number;
  reachable: boolean;
  why: string;
  identity: Identity | null;
  actions: Action[];
  services: string[];
  sessions: Visit[] | null;
  accounts: Account[] | null;
  blocked: string[] | null;
}
export interface Question {
  confirm: string | null;
  question: string;
}
export type RepairState = "asked" | "declined" | "expired" | "running" | "done" | "failed" | "impossible" | "unfinished";
export interface Entry {
  id: string;
  camera: string;
  kind: string;
  subject: string;
  value: string;
  who: string;
  state: RepairState;
  verified: boolean;
  text: string;
  asked_us: number;
  begun_us: number | null;
  ended_us: number | null;
}
export interface Trail {
  entries: Entry[];
  more: boolean;
}
export interface Copy {
  id: string;
  camera: string;
  vendor: string;
  firmware: string;
  taken_us: number;
  seen_us: number;
  reason: string;
  drift: boolean;
  setting_count: number;
  change_count: number;
}
export interface Copies {
  copies: Copy[];
  troubles: Record<string, string>;
  more: boolean;
}
export interface Change {
  key: string;
  kind: "changed" | "added" | "removed";
  old: string;
  new: string;
  secret: boolean;
  text: string;
}
export interface DiffSection {
  title: string;
  sections: string[];
  changes: Change[];
}
export interface Diff {
  sections: DiffSection[];
}
export interface CopyDetail {
  kept: Copy;
  settings: Record<string, string>;
  diff: Diff;
}
export interface Look {
  newest: Copy;
  diff: Diff;
  doubtful: boolean;
}
export interface Written {
  camera: string;
  planned: Diff;
  skipped: { what: string; why: string }[];
  applied: boolean;
  done: boolean;
  remaining: Diff;
  failures: string[];
}
export type FindingState = "found" | "ok" | "unknown";
export type Grade = "serious" | "weak" | "hint";
export interface Finding {
  key: string;
  check: string;
  subject: string;
  state: FindingState;
  grade: Grade;
  title: string;
  saw: string;
  why: string;
  fix: string;
  remedy: Offer | null;
  automatic: boolean;
  accepted: boolean;
}
export interface Report {
  camera: string;
  at_us: number;
  score: number | null;
  trouble: string;
  found: number;
  unknown: number;
  findings: Finding[];
}
export interface Mended {
  key: string;
  title: string;
  done: boolean;
  text: string;
}

export interface LoginQuery {
  camera?: string;
  verdict?: readonly string[];
  user?: string;
  address?: string;
  start_us?: number;
  end_us?: number;
  before?: number;
  limit?: number;
}
export interface RestoreAsk {
  dry_run: boolean;
  camera?: string;
  sections?: readonly string[];
  own?: boolean;
}

const id = encodeURIComponent;

export const doors = {
  logins: (query: LoginQuery) => ask<Logins>("GET", "/logins", { ...query }),
  watch: () => ask<Watch[]>("GET", "/logins/watch"),
  logs: (query: { camera?: string; search?: string; start_us?: number; end_us?: number; before?: number; limit?: number }) =>
    ask<LogLines>("GET", "/logs", query),
  known: () => ask<Known[]>("GET", "/doors"),
  accept: (camera: string) => ask<Known>("POST", `/cameras/${id(camera)}/door/accept`),
  door: (camera: string) => ask<Door>("GET", `/cameras/${id(camera)}/door`),
  ask: (offer: Omit<Offer, "label">) =>
    ask<Question>("POST", `/cameras/${id(offer.camera)}/remedies`, {}, { kind: offer.kind, subject: offer.subject, value: offer.value }),
  confirm: (camera: string, confirm: string) =>
    ask<{ entry: Entry; password: string | null }>("POST", `/cameras/${id(camera)}/remedies/confirm`, {}, { confirm }),
  decline: (camera: string, confirm: string) => ask<void>("POST", `/cameras/${id(camera)}/remedies/decline`, {}, { confirm }),
  upload: (file: File) => ask<{ subject: string; size_bytes: number }>("PUT", `/firmware/${id(file.name)}`, {}, file),
  trail: (query: { camera?: string; before_us?: number; limit?: number }) => ask<Trail>("GET", "/audit-trail", query),
  entry: (entry: string) => ask<Entry>("GET", `/audit-trail/${id(entry)}`),
  copies: (query: { camera?: string; before?: string; limit?: number }) => ask<Copies>("GET", "/copies", query),
  copy: (copy: string) => ask<CopyDetail>("GET", `/copies/${id(copy)}`),
  diff: (from: string, to: string) => ask<Diff>("GET", "/copies/diff", { from, to }),
  collect: (camera: string) => ask<Look>("POST", `/cameras/${id(camera)}/copies`),
  restore: (copy: string, wish: RestoreAsk) => ask<Written>("POST", `/copies/${id(copy)}/restore`, {}, wish),
  baseline: (camera: string, dry_run: boolean) => ask<Written>("POST", `/cameras/${id(camera)}/baseline`, {}, { dry_run }),
  reports: () => ask<Report[]>("GET", "/audit"),
  audit: (camera: string) => ask<Report>("POST", `/cameras/${id(camera)}/audit`),
  apply: (camera: string) => ask<{ mended: Mended[]; report: Report }>("POST", `/cameras/${id(camera)}/audit/apply`),
  know: (camera: string, key: string, accepted: boolean) =>
    ask<Report>("POST", `/cameras/${id(camera)}/audit/accept`, {}, { key, accepted }),
  fence: (kind: string) => ask<{ text: string }>("GET", "/audit/fence", { kind }),
};
