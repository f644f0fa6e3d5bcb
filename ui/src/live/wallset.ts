/** Which cameras this screen shows, and in which order: a tablet in the hall wants others than a phone. Kept on this device. */

import { signal } from "@preact/signals";

export interface WallSet {
  order: string[];
  hidden: string[];
}

const KEY = "hearthwatch-wall";
const NOTHING: WallSet = { order: [], hidden: [] };

export function parsed(text: string | null): WallSet {
  try {
    const found = JSON.parse(text ?? "") as Partial<WallSet> | null;
    const strings = (list: unknown): string[] => (Array.isArray(list) ? list.filter((each): each is string => typeof each === "string") : []);
    return { order: strings(found?.order), hidden: strings(found?.hidden) };
  } catch {
    return NOTHING;
  }
}

/** All cameras as this screen orders them; new ones come last. */
export function ordered<T extends { id: string }>(all: readonly T[], set: WallSet): T[] {
  const place = (camera: T): number => {
    const found = set.order.indexOf(camera.id);
    return found < 0 ? set.order.length : found;
  };
  return [...all].sort((a, b) => place(a) - place(b));
}

/** Those this screen shows; all of them rather than none. */
export function chosen<T extends { id: string }>(all: readonly T[], set: WallSet): T[] {
  const shown = ordered(all, set).filter((camera) => !set.hidden.includes(camera.id));
  return shown.length ? shown : ordered(all, set);
}

export function moved(ids: readonly string[], id: string, step: number): string[] {
  const from = ids.indexOf(id);
  const to = Math.min(ids.length - 1, Math.max(0, from + step));
  if (from < 0 || from === to) return [...ids];
  const rest = ids.filter((each) => each !== id);
  return [...rest.slice(0, to), id, ...rest.slice(to)];
}

export const wallSet = signal<WallSet>(parsed(globalThis.localStorage?.getItem(KEY) ?? null));

export function keep(next: WallSet): void {
  wallSet.value = next;
  localStorage.setItem(KEY, JSON.stringify(next));
}
