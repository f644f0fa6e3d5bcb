/** Whether single letters and signs do things on a page; off for whoever dictates or presses keys by accident. */

import { effect, signal } from "@preact/signals";

const KEY = "hearthwatch-letters";

export const letters = signal(localStorage.getItem(KEY) !== "off");

effect(() => {
  if (letters.value) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, "off");
});
