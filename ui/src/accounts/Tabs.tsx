/** The places of accounts; the last three are the owner's. */

import { place } from "../router";
import { isOwner } from "../store";

const TABS: readonly [string, string, boolean][] = [
  ["/settings/account", "Your account", false],
  ["/settings/people", "People with access", true],
  ["/settings/programs", "Programs", true],
  ["/settings/trail", "Who did what", true],
];

export function Tabs() {
  const { path } = place.value;
  return (
    <nav class="access-tabs" aria-label="Accounts">
      {TABS.filter(([, , owners]) => isOwner.value || !owners).map(([to, name]) => (
        <a key={to} class="chip" href={to} aria-current={path === to ? "page" : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
