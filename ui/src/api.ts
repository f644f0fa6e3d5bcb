/** The API as the page uses it: types that match the server's OpenAPI, and one function for each call. */

import { address, ask } from "./ask";
import type { Offer } from "./doors/api";
import { tellings } from "./tellings";

export interface Session {
  claimed: boolean;
  passwords_accepted: boolean;
  passkeys: boolean;
  user: { name: string; role: string; cameras: string[] | null; may: string[]; strong: boolean } | null;
  token: string | null;
  /** A log-in goes on with a second factor. */
  second: { key: string; totp: boolean; passkey: boolean } | null;
}
export interface Box {
  name: string;
  put: number;
  dropped: number;
  waiting: number;
}
export type State = "connecting" | "live" | "lost" | "refused" | "unsupported" | "quarantined" | "private";
export type StreamName = "main" | "sub";
export interface Stream {
  stream: StreamName;
  state: State;
  codec: string | null;
  width_px: number;
  height_px: number;
  fps: number;
  kbit_per_s: number;
  last_us: number | null;
  has_audio: boolean;
  boxes: Box[];
}
export interface Camera {
  id: string;
  name: string;
  state: State;
  cause: string;
  since_us: number;
  streams: Stream[];
  motion_frac: number;
  motion_limit_frac: number;
  looked_per_s: number;
  recorded: boolean;
  only_events: boolean;
  kept_from_us: number | null;
  bytes_per_day: number;
}
export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}
export interface HouseEvent {
  id: string;
  camera: string;
  kind: string;
  label: string;
  start_us: number;
  end_us: number | null;
  score: number;
  box: Rect | null;
  zones: string[];
  picture: boolean;
  best_us: number;
  reviewed: boolean;
  false_alarm: boolean;
  detail: string;
  note: string;
  clip_start_us: number;
  clip_end_us: number | null;
}
export interface Events {
  events: HouseEvent[];
  labels: string[];
  more: boolean;
}
export interface EventDetail {
  event: HouseEvent;
  has_footage: boolean;
  kept: boolean;
}
export interface Span {
  start_us: number;
  end_us: number;
  footage_class: string;
  pinned: boolean;
}
export interface Gap {
  start_us: number;
  end_us: number | null;
  reason: string;
  detail: string;
}
export interface Place {
  target: string;
  sealed: boolean;
}
export interface ElsewhereSpan {
  start_us: number;
  end_us: number;
  places: Place[];
}
export interface WayBack {
  target: string;
  kind: string;
  sealed: boolean;
  start_us: number;
  end_us: number;
  command: string;
  files: string[];
  needs_reader: boolean;
}
export interface Whereabouts {
  spans: ElsewhereSpan[];
  ways: WayBack[];
}
export interface Timeline {
  stream: StreamName;
  spans: Span[];
  elsewhere: ElsewhereSpan[];
  gaps: Gap[];
  events: HouseEvent[];
}
export interface Delivery {
  channel: string;
  part: string;
  state: "waiting" | "sent" | "dead" | "folded";
  tries: number;
  next_us: number;
  last_error: string;
  decided_ms: number | null;
  accepted_ms: number | null;
}
export interface Alert {
  id: string;
  event: string;
  camera: string | null;
  severity: "info" | "warn" | "urgent";
  title: string;
  text: string;
  at_us: number;
  decided_ms: number | null;
  deliveries: Delivery[];
  offers: Offer[];
}
export interface Alerts {
  alerts: Alert[];
  more: boolean;
}
export interface Outage {
  fault: string;
  camera: string | null;
  subject: string;
  start_us: number;
  end_us: number | null;
  detail: string;
}
export interface Detector {
  name: string;
  basic: boolean;
  labels: string[];
  fetching: boolean;
  fetch_name: string;
  fetch_bytes: number;
  fetched_bytes: number;
  fetch_licence: string;
  fetch_host: string;
  error: string;
}
export interface House {
  name: string;
  version: string;
  started_us: number;
  now_us: number;
  footage_folder: string;
  footage_used_bytes: number;
  footage_free_bytes: number;
  days_fit: number | null;
  channels: string[];
  telegram: boolean;
  detector: Detector;
}
export interface Settings {
  settings: { section: string; key: string; value: string }[];
  outbound: { host: string; purpose: string; setting: string }[];
}
export interface Enrolment {
  code: string;
  bot: string;
  expires_us: number;
}

const id = encodeURIComponent;

export const api = {
  session: () => ask<Session>("GET", "/session"),
  claim: (code: string, name: string, password: string) => ask<Session>("POST", "/claim", {}, { code, name, password }),
  login: (name: string, password: string) => ask<Session>("POST", "/login", {}, { name, password }),
  logout: () => ask<void>("POST", "/logout"),
  house: () => ask<House>("GET", "/house"),
  settings: () => ask<Settings>("GET", "/settings"),
  cameras: () => ask<Camera[]>("GET", "/cameras"),
  timeline: (camera: string, start_us: number, end_us: number) =>
    ask<Timeline>("GET", `/cameras/${id(camera)}/timeline`, { start_us, end_us }),
  elsewhere: (camera: string, start_us: number, end_us: number) =>
    ask<Whereabouts>("GET", `/cameras/${id(camera)}/elsewhere`, { start_us: Math.round(start_us), end_us: Math.round(end_us) }),
  events: (query: { camera?: string; label?: string; start_us?: number; end_us?: number; limit?: number }) =>
    ask<Events>("GET", "/events", query),
  event: (event: string) => ask<EventDetail>("GET", `/events/${id(event)}`),
  burst: (event: string) => ask<{ pictures: number }>("GET", `/events/${id(event)}/burst`),
  keep: (event: string, kept: boolean) => ask<{ segments: number }>("POST", `/events/${id(event)}/keep`, {}, { kept }),
  reviewed: (event: string) => ask<void>("POST", `/events/${id(event)}/reviewed`),
  alerts: (before_us?: number) => ask<Alerts>("GET", "/alerts", { before_us }),
  outages: (start_us: number) => ask<Outage[]>("GET", "/outages", { start_us }),
  fetchModel: () => ask<Detector>("POST", "/detector/fetch"),
  enrolTelegram: (role: string) => ask<Enrolment>("POST", "/telegram/enrol", role ? { role } : {}),
};

/** Addresses the browser itself opens. */
export const at = {
  /** The address changes with the picture: a visit's best one comes late. */
  picture: (event: string) => address(`/events/${id(event)}/picture.jpg`, { version: tellings(event) || undefined }),
  burst: (event: string, number: number) => address(`/events/${id(event)}/burst/${number}.jpg`, {}),
  snapshot: (camera: string, version: number) => address(`/cameras/${id(camera)}/snapshot.jpg`, { version }),
  mjpeg: (camera: string, version: number) => address(`/cameras/${id(camera)}/live.mjpeg`, { v: version }),
  wall: () => `${location.origin.replace(/^http/, "ws")}${address("/live", { stream: "sub" })}`,
  live: (camera: string, stream: StreamName, sound = false) =>
    `${location.origin.replace(/^http/, "ws")}${address(`/cameras/${id(camera)}/live`, { stream, sound: sound || undefined })}`,
  footage: (camera: string, start_us: number, end_us: number, stream: StreamName, download = false) =>
    address(`/cameras/${id(camera)}/footage.mp4`, { start_us, end_us, stream, download: download || undefined }),
  stream: () => address("/stream"),
};
