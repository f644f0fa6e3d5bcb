/** The places of accounts; the last three are the owner's. */

import { place } from "../router";
import { isOwner } from "../store";
import { said, t } from "../words";

const TABS: readonly [string, string, boolean][] = [
  ["/settings/account", said("Your account"), false],
  ["/settings/people", said("People with access"), true],
  ["/settings/programs", said("Programs"), true],
  ["/settings/trail", said("Who did what"), true],
];

export function Tabs() {
  const { path } = place.value;
  return (
    <nav class="access-tabs" aria-label={t("Accounts")}>
      {TABS.filter(([, , owners]) => isOwner.value || !owners).map(([to, name]) => (
        <a key={to} class="chip" href={to} aria-current={path === to ? "page" : undefined}>
          {t(name)}
        </a>
      ))}
    </nav>
  );
}
