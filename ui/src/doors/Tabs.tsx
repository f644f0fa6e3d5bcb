/** The places about the cameras' own doors, and small signs they share. */

import type { ComponentChildren } from "preact";
import { place } from "../router";
import { isOwner } from "../store";
import { said, t } from "../words";
import type { Tone } from "./words";

const TABS: { path: string; name: string; owner: boolean }[] = [
  { path: "/logins", name: said("Log-ins"), owner: false },
  { path: "/audit", name: said("Audit"), owner: true },
  { path: "/copies", name: said("Settings"), owner: false },
  { path: "/logs", name: said("Logs"), owner: false },
  { path: "/done", name: said("Done"), owner: true },
];

export const isDoors = (path: string): boolean => TABS.some((tab) => path.startsWith(tab.path));

export function Tabs() {
  const { path } = place.value;
  return (
    <nav class="tabs" aria-label={t("The cameras' doors")}>
      {TABS.filter((tab) => !tab.owner || isOwner.value).map((tab) => (
        <a key={tab.path} href={tab.path} aria-current={path.startsWith(tab.path) ? "page" : undefined}>
          {t(tab.name)}
        </a>
      ))}
    </nav>
  );
}

export const Pill = ({ tone, children }: { tone: Tone; children: ComponentChildren }) => <span class={`pill is-${tone}`}>{children}</span>;

/** What only the owner may see, said to somebody who may look. */
export const OwnersOnly = ({ children }: { children: ComponentChildren }) => (
  <p class="note is-quiet">
    <strong>{t("Only for the owner of this house.")}</strong> {children}
  </p>
);

/** Put choices into the address, so that a link or a reload shows the same. */
export function choose(path: string, query: URLSearchParams, changes: Record<string, string>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return `${path}${next.size ? `?${next.toString()}` : ""}`;
}
