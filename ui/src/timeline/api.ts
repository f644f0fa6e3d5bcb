/** The timeline's calls, and what they answer. */

import type { Outage } from "../api";
import { address, ask } from "../ask";

export interface Hole {
  start_us: number;
  end_us: number | null;
  reason: string;
  detail: string;
  count: number;
}
export interface Held {
  start_us: number;
  end_us: number;
  targets: string[];
}
export interface Mark {
  start_us: number;
  end_us: number | null;
  count: number;
  id: string;
  kind: string;
  label: string;
}
export interface Knock {
  at_us: number;
  last_us: number;
  count: number;
  verdict: string;
  user: string;
  address: string;
}
export interface Armed {
  start_us: number;
  end_us: number;
  mode: string;
  cause: string;
  who: string;
}
export interface Lane {
  camera: string;
  footage: [number, number, number][];
  motion: [number, number][];
  card: [number, number][];
  pinned: [number, number][];
  elsewhere: Held[];
  gaps: Hole[];
  events: Mark[];
  logins: Knock[];
}
interface Told extends Omit<Lane, "gaps" | "events" | "logins"> {
  gaps: [number, number | null, string, string, number][];
  events: [number, number | null, number, string, string, string][];
  logins: [number, number, number, string, string, string][];
}
export interface Lanes {
  start_us: number;
  end_us: number;
  now_us: number;
  cell_us: number;
  cameras: Lane[];
  arming: Armed[];
  outages: Outage[];
}
export interface Share {
  id: number;
  cameras: string[];
  start_us: number;
  end_us: number;
  who: string;
  made_us: number;
  expires_us: number;
  uses: number;
  used_us: number | null;
  path: string;
}
export type Lasts = "hour" | "day" | "week";

const id = encodeURIComponent;

/** What there may be thousands of is sent as short lists. */
export function laneOf(told: Told): Lane {
  return {
    ...told,
    gaps: told.gaps.map(([start_us, end_us, reason, detail, count]) => ({ start_us, end_us, reason, detail, count })),
    events: told.events.map(([start_us, end_us, count, event, kind, label]) => ({ start_us, end_us, count, id: event, kind, label })),
    logins: told.logins.map(([at_us, last_us, count, verdict, user, from]) => ({ at_us, last_us, count, verdict, user, address: from })),
  };
}

export const timeline = {
  lanes: async (start_us: number, end_us: number, cells: number): Promise<Lanes> => {
    const told = await ask<Omit<Lanes, "cameras"> & { cameras: Told[] }>("GET", "/timeline", { start_us: Math.round(start_us), end_us: Math.round(end_us), cells });
    return { ...told, cameras: told.cameras.map(laneOf) };
  },
  keep: (camera: string, start_us: number, end_us: number, kept: boolean) => ask<{ segments: number }>("POST", `/cameras/${id(camera)}/keep`, {}, { start_us, end_us, kept }),
  share: (cameras: readonly string[], start_us: number, end_us: number, lasts: Lasts) => ask<Share>("POST", "/shares", {}, { cameras, start_us, end_us, lasts }),
  shares: () => ask<Share[]>("GET", "/shares"),
  endShare: (share: number) => ask<void>("DELETE", `/shares/${share}`),
};

export const THUMB_GRID = 10e6;
/** Moments that share a picture share its address. */
export const thumbAt = (camera: string, at_us: number): string => address(`/cameras/${id(camera)}/thumb.jpg`, { at_us: Math.floor(at_us / THUMB_GRID) * THUMB_GRID });
export const playbackAt = (camera: string, start_us: number, end_us: number, keys: boolean): string =>
  address(`/cameras/${id(camera)}/playback.mp4`, { start_us: Math.round(start_us), end_us: Math.round(end_us), keys: keys || undefined });
