/** Addresses of the page: the path and query are the state, so that a link or a reload shows the same thing. */

import { signal } from "@preact/signals";
import { base, inside } from "./base";

export interface Place {
  path: string;
  query: URLSearchParams;
}

const read = (): Place => ({ path: inside(location.pathname), query: new URLSearchParams(location.search) });

export const place = signal<Place>(read());

/** A part of an address as it was meant; one that was cut in the middle stays as it is, and names nothing. */
export function meant(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function go(to: string, replace = false): void {
  if (base + to !== location.pathname + location.search) {
    history[replace ? "replaceState" : "pushState"](null, "", base + to);
    place.value = read();
    if (!replace) window.scrollTo(0, 0);
  }
}

export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest("a");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.origin !== location.origin || link.target || link.hasAttribute("download") || inside(link.pathname).startsWith("/api/")) return;
  if (!link.pathname.startsWith(base) || (!base && link.pathname.startsWith("/at/"))) return; // another house: its page begins anew
  event.preventDefault();
  if (link.hash) {
    document.getElementById(link.hash.slice(1))?.focus();
    return;
  }
  go(inside(link.pathname) + link.search);
}

addEventListener("popstate", () => {
  place.value = read();
});
