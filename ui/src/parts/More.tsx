/** On a phone: what has no room in the bar below. */

import { signal } from "@preact/signals";
import { place } from "../router";
import { theme } from "../theme";
import { t } from "../words";
import * as icons from "./icons";
import { Sheet } from "./Sheet";

const isOpen = signal(false);

export function MoreButton() {
  const { path } = place.value;
  const here = path.startsWith("/house") || path.startsWith("/settings");
  return (
    <button class={`rail-link is-more ${here ? "is-here" : ""}`} type="button" aria-haspopup="dialog" onClick={() => (isOpen.value = true)}>
      <span class="rail-icon">
        <icons.Dots />
      </span>
      <span>{t("More")}</span>
    </button>
  );
}

export const More = () => (isOpen.value ? <Places /> : null);

function Places() {
  const close = (): void => {
    isOpen.value = false;
  };
  const { path } = place.value;
  const light = document.documentElement.dataset["theme"] === "light" || (theme.value === "system" && matchMedia("(prefers-color-scheme: light)").matches);
  const link = (to: string, text: string, icon: ReturnType<typeof icons.Home>) => (
    <li>
      <a href={to} aria-current={path.startsWith(to) ? "page" : undefined} onClick={close}>
        {icon} {text}
      </a>
    </li>
  );
  return (
    <Sheet title={t("More")} onClose={close}>
      <ul class="more">
        {link("/house", t("House"), <icons.Home />)}
        {link("/settings", t("Settings"), <icons.Gear />)}
        <li>
          <button type="button" onClick={() => (theme.value = light ? "dark" : "light")}>
            {light ? <icons.Moon /> : <icons.Sun />} {light ? t("Switch to dark") : t("Switch to light")}
          </button>
        </li>
      </ul>
    </Sheet>
  );
}
