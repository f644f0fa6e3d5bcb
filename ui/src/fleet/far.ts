/** The houses of a hub: types that match the server's, what is known of them now, and the one this page looks at. */

import { computed, signal } from "@preact/signals";
import type { Session } from "../api";
import { ask } from "../ask";
import { far } from "../base";

export interface FarCamera {
  id: string;
  name: string;
  state: string;
  footage_until_us: number | null;
  audit_score: number | null;
  findings: number | null;
}
export interface Machine {
  at_us: number;
  version: string;
  model: string;
  up_s: number | null;
  load: number | null;
  temperature_c: number | null;
  undervoltage: boolean | null;
  throttled: boolean | null;
  wifi_dbm: number | null;
  disk_free_bytes: number | null;
  disk_bytes: number | null;
  clock_kept: boolean | null;
}
export interface Node {
  id: string;
  site: string;
  name: string;
  own: boolean;
  hearing: "here" | "near" | "silent" | "revoked";
  role: "owner" | "member" | "viewer";
  joined_us: number;
  heard_us: number | null;
  waiting: number;
  events_until_us: number | null;
  cameras: FarCamera[];
  machine: Machine | null;
  problem: string;
}
export interface Fleet {
  is_hub: boolean;
  sites: { id: string; title: string; own: boolean }[];
  nodes: Node[];
}
interface There {
  node: Node;
  site: string;
  may: string[];
  cameras: string[] | null;
}

export const fleet = signal<Fleet | null>(null);
export const there = signal<There | null>(null);
export const thereTrouble = signal<unknown>(null);

const HAD = "hearthwatch-fleet";
const had = localStorage.getItem(HAD) !== null;

/** More than this house: there is something to choose from. Until the house has said so, as it was the last time. */
export const isFleet = computed(() => far !== "" || (fleet.value ? fleet.value.nodes.length > 1 : had));
export const isAway = computed(() => far !== "" && there.value !== null && there.value.node.hearing !== "here");

export async function lookAround(): Promise<void> {
  const [all, one] = await Promise.allSettled([ask<Fleet>("GET", "/fleet"), far ? ask<There>("GET", `/fleet/nodes/${far}`) : Promise.resolve(null)]);
  if (all.status === "fulfilled") {
    fleet.value = all.value;
    if (isFleet.value) localStorage.setItem(HAD, "yes");
    else localStorage.removeItem(HAD);
  }
  if (one.status === "fulfilled") there.value = one.value;
  thereTrouble.value = one.status === "rejected" ? one.reason : null;
}

/** Who is logged in at the hub, with what they may do in the house this page looks at. */
export function asThere(session: Session): Session {
  if (!far || !session.user) return session;
  const now = there.peek();
  return { ...session, user: { ...session.user, role: now?.node.role ?? "viewer", may: now?.may ?? [], cameras: now?.cameras ?? null } };
}
