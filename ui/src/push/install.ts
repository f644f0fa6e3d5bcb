/** The browser's offer to install the page, kept until somebody wants it. */

import { signal } from "@preact/signals";

interface Offer extends Event {
  prompt(): Promise<unknown>;
}

let offer: Offer | null = null;
export const offered = signal(false);

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event as Offer;
  offered.value = true;
});
addEventListener("appinstalled", () => {
  offer = null;
  offered.value = false;
});

export async function install(): Promise<void> {
  const now = offer;
  offer = null;
  offered.value = false;
  await now?.prompt();
}
