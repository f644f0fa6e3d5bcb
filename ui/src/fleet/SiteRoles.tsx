/** What each person may do at which site; on the page of people with access, where the house is a hub. */

import { useState } from "preact/hooks";
import { access } from "../accounts/api";
import { ROLES } from "../accounts/words";
import { ask } from "../ask";
import { Trouble, useLoaded } from "../parts/bits";
import { t } from "../words";
import { fleet } from "./far";

interface SiteRole {
  user_id: number;
  site: string;
  role: string;
}

export function SiteRoles() {
  const [again, setAgain] = useState(0);
  const [roles, failed] = useLoaded(() => ask<SiteRole[]>("GET", "/fleet/roles"), [again]);
  const [people] = useLoaded(() => access.people(), []);
  const [error, setError] = useState<unknown>(null);
  const sites = fleet.value?.sites.filter((site) => !site.own) ?? [];
  const others = (people ?? []).filter((each) => each.role !== "owner");
  const set = (user: number, site: string, role: string): void => {
    setError(null);
    void ask<void>("PUT", `/fleet/roles/${user}/${site}`, {}, { role: role || null }).then(() => setAgain(again + 1), setError);
  };
  if (!sites.length || !roles || !people) return <Trouble error={failed} />;
  return (
    <section class="panel">
      <h2>{t("At other sites")}</h2>
      <p class="hint">{t("Owners may do all at every site. Whoever has no role at a site does not see that it exists. A change counts at once: they log in anew.")}</p>
      <Trouble error={error} />
      {others.length ? null : <p class="dim">{t("Everybody here is an owner.")}</p>}
      <ul class="site-roles">
        {others.map((person) => (
          <li key={person.id}>
            <strong>{person.name}</strong>
            {sites.map((site) => (
              <label key={site.id}>
                {site.title}
                <select aria-label={`${person.name}, ${site.title}`} value={roles.find((each) => each.user_id === person.id && each.site === site.id)?.role ?? ""} onChange={(event) => set(person.id, site.id, event.currentTarget.value)}>
                  <option value="">{t("nothing")}</option>
                  {ROLES.map(([role, name]) => (
                    <option key={role} value={role}>
                      {t(name)}
                    </option>
                  ))}
                </select>
              </label>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
