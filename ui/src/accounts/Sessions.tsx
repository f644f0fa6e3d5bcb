/** Where somebody is logged in, with a way to end each. */

import type { OpenSession } from "./api";
import { factorName, when, whence } from "./words";

export function Sessions({ list, named, onEnd }: { list: OpenSession[]; named: boolean; onEnd: (session: OpenSession) => void }) {
  return (
    <ul class="access-list">
      {list.map((each) => (
        <li key={each.id}>
          <div>
            <strong>{named ? `${each.user} · ${each.browser}` : each.browser}</strong> {each.own ? <span class="tag">here</span> : null}
            <p class="dim">
              {whence(each.address)}
              {each.at_home ? "" : <b class="warm"> · outside the home</b>} · by {factorName(each.factor)}
            </p>
            <p class="hint">
              Since {when(each.created_us)} · last used {when(each.used_us)}
            </p>
          </div>
          {each.own ? null : (
            <button class="button" type="button" onClick={() => onEnd(each)} aria-label={`Log ${each.user} out of ${each.browser}`}>
              Log out
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
