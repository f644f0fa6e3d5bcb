/** Finding, trying and adding cameras, as the server answers it. */

import { signal } from "@preact/signals";
import { address, ask } from "../ask";
import { t } from "../words";

export interface Candidate {
  host: string;
  port: number;
  tls: boolean;
  vendor: string;
  name: string;
  model: string;
  firmware: string;
  mac: string;
  serial: string;
  why: string;
  camera: string;
}
export interface Search {
  running: boolean;
  networks: string[];
  too_large: string[];
  addresses: number;
  living: number;
  looked: number;
  ignored: number;
  found: Candidate[];
  trouble: string;
}
export interface TriedStream {
  name: string;
  url: string;
  codec: string;
  width_px: number;
  height_px: number;
  fps: number;
  kbit_per_s: number;
  bytes_per_day: number;
  words: string;
  trouble: string;
}
export interface CameraTrial {
  id: string;
  host: string;
  vendor: string;
  maker: string;
  model: string;
  firmware: string;
  mac: string;
  serial: string;
  streams: TriedStream[];
  main: string;
  sub: string;
  snapshot: string;
  name: string;
  has_picture: boolean;
  remarks: string[];
  camera: string;
}
export interface TryAsk {
  host?: string;
  port?: number;
  tls?: boolean;
  vendor?: string;
  channel?: number;
  main?: string;
  sub?: string;
  snapshot?: string;
  poll_s?: number;
  user?: string;
  password?: string;
  allow_loopback?: boolean;
}

/** What stays of a camera that was removed just now, in words. */
export const removed = signal("");

const id = encodeURIComponent;

export const cameraSetup = {
  search: () => ask<Search>("POST", "/setup/search"),
  searchNow: () => ask<Search>("GET", "/setup/search"),
  stop: () => ask<Search>("DELETE", "/setup/search"),
  look: (host: string, port: number, allow_loopback: boolean) => ask<Candidate>("POST", "/setup/look", {}, { host, port, allow_loopback }),
  try: (wish: TryAsk) => ask<CameraTrial>("POST", "/setup/try", {}, wish),
  add: (wish: { trial: string; name: string; main: string; sub: string; watch_door: boolean }) => ask<{ camera: string }>("POST", "/setup/cameras", {}, wish),
  rename: (camera: string, name: string) => ask<{ camera: string }>("POST", `/setup/cameras/${id(camera)}/rename`, {}, { name }),
  remove: (camera: string) => ask<{ camera: string; name: string; text: string }>("DELETE", `/setup/cameras/${id(camera)}`),
  picture: (trial: string) => address(`/setup/tries/${id(trial)}/picture.jpg`),
  progress: () => address("/setup/search/stream"),
};

/** "192.168.1.20:8080" in its parts; port 0 where none is given. Null for what is no address. */
export function hostAndPort(text: string): { host: string; port: number } | null {
  const found = /^\s*(?:https?:\/\/)?(\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?\/?\s*$/.exec(text);
  if (!found?.[1]) return null;
  const port = Number(found[2] ?? 0);
  return port <= 65_535 ? { host: found[1], port } : null;
}

/** Whether an address means the very machine Hearthwatch runs on. */
export const isThisMachine = (host: string): boolean => /^(127\.|localhost$|\[?::1\]?$)/.test(host);

/** What a device is called in the list: its name and model, or whose it is. */
export const titleOf = (one: Candidate, vendor: string): string => [one.name, one.model].filter((word, at, all) => word && all.indexOf(word) === at).join(" · ") || vendor || t("Unknown device");
