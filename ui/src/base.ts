/** Which house the page shows: the one it came from, or one behind it, whose pages are under `/at/NODE`. */

import { options } from "preact";

const found = /^\/at\/([a-z2-7]{8})(?=\/|$)/.exec(globalThis.location?.pathname ?? "");

/** The node this page looks at through the hub; empty on a house's own page. */
export const far = found?.[1] ?? "";
export const base = found?.[0] ?? "";

/** The path within the house. */
export const inside = (path: string): string => (base && path.startsWith(base) ? path.slice(base.length) || "/" : path);

/** What is always the hub's own: who is logged in, accounts, this device's notifications, and the list of houses. */
const OWN = /^\/(session|claim|login|logout|own|push|fleet)\b|^\/access\/(?!trail)/;
export const houseOf = (path: string): string => (OWN.test(path) ? "" : base);

interface Linked {
  type: unknown;
  props: { href?: unknown; "data-hub"?: boolean };
}

/** Every link of a page leads on within the house it shows, but for those marked `data-hub`. */
if (base) {
  const before = options.vnode;
  options.vnode = (vnode) => {
    const { type, props } = vnode as unknown as Linked;
    if (type === "a" && typeof props.href === "string" && props.href.startsWith("/") && !props["data-hub"]) props.href = base + props.href;
    before?.(vnode);
  };
}
