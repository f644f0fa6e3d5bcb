/** Where somebody is logged in, with a way to end each. */

import { t } from "../words";
import type { OpenSession } from "./api";
import { browserName, factorName, when, whence } from "./words";

export function Sessions({ list, named, onEnd }: { list: OpenSession[]; named: boolean; onEnd: (session: OpenSession) => void }) {
  return (
    <ul class="access-list">
      {list.map((each) => (
        <li key={each.id}>
          <div>
            <strong>{named ? `${each.user} · ${browserName(each.browser)}` : browserName(each.browser)}</strong> {each.own ? <span class="tag">{t("here")}</span> : null}
            <p class="dim">
              {whence(each.address)}
              {each.at_home ? "" : <b class="warm"> · {t("outside the home")}</b>} · {t("by {factor}", { factor: factorName(each.factor) })}
            </p>
            <p class="hint">
              {[t("Since {when}", { when: when(each.created_us) }), t("last used {when}", { when: when(each.used_us) })].join(" · ")}
            </p>
          </div>
          {each.own ? null : (
            <button class="button" type="button" onClick={() => onEnd(each)} aria-label={t("Log {user} out of {browser}", { user: each.user, browser: browserName(each.browser) })}>
              {t("Log out")}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
