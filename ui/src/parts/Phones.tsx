/** Who is on Telegram, and what each may do; only an owner of the house sees it. */

import { useState } from "preact/hooks";
import { ask } from "../ask";
import { said, t } from "../words";
import { Trouble, useLoaded } from "./bits";

type Role = "owner" | "member" | "viewer";

/** See TelegramPersonReply in the API's documentation. */
interface Phone {
  user_id: number;
  chat_id: number;
  name: string;
  role: Role;
  enrolled_us: number;
}

const MAY: Record<Role, string> = { owner: said("does everything"), member: said("looks, arms and disarms"), viewer: said("looks") };

export function Phones() {
  const [found, failed, setFound] = useLoaded(() => ask<Phone[]>("GET", "/telegram/people"), []);
  const [error, setError] = useState<unknown>(null);
  const [leaving, setLeaving] = useState(0);
  if (!found?.length) return <Trouble error={failed} />;
  const change = (answer: Promise<Phone[]>): void => {
    setError(null);
    setLeaving(0);
    answer.then(setFound, setError);
  };
  const people = [...new Map(found.map((each) => [each.user_id, each])).values()];
  const groups = (user: number): number => found.filter((each) => each.user_id === user && each.chat_id < 0).length;
  return (
    <>
      <ul class="phones">
        {people.map((each) => (
          <li key={each.user_id} class="row">
            <strong>{each.name}</strong>
            <span class="dim">{groups(each.user_id) ? t("also in a group") : ""}</span>
            <span class="spacer" />
            <select
              class="may"
              aria-label={t("What {name} may do by Telegram", { name: each.name })}
              value={each.role}
              onChange={(event) => change(ask<Phone[]>("POST", `/telegram/people/${each.user_id}/role`, {}, { role: event.currentTarget.value }))}
            >
              {(Object.keys(MAY) as Role[]).map((role) => (
                <option key={role} value={role}>
                  {t(MAY[role])}
                </option>
              ))}
            </select>
            {leaving === each.user_id ? (
              <button class="button" type="button" onClick={() => change(ask<Phone[]>("DELETE", `/telegram/people/${each.user_id}`))}>
                {t("Really remove")}
              </button>
            ) : (
              <button class="button is-plain" type="button" onClick={() => setLeaving(each.user_id)}>
                {t("Remove")}
              </button>
            )}
          </li>
        ))}
      </ul>
      <Trouble error={error} />
    </>
  );
}
