/** Light, dark, or what the system says; remembered in this browser. */

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "hearthwatch-theme";

const stored = (): Theme => {
  const found = localStorage.getItem(KEY);
  return found === "light" || found === "dark" ? found : "system";
};

export const theme = signal<Theme>(stored());

effect(() => {
  if (theme.value === "system") {
    delete document.documentElement.dataset["theme"];
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset["theme"] = theme.value;
    localStorage.setItem(KEY, theme.value);
  }
});
