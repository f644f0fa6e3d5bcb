/** Who is in the camera now, which accounts it has, and whom it shuts out. */

import { ago } from "../format";
import { now_us } from "../store";
import { t } from "../words";
import type { Door } from "./api";
import { askFor } from "./asking";
import { accountNote, canDo, isStranger, visitNote } from "./words";

export function Access({ id, door }: { id: string; door: Door }) {
  const ask = (kind: string, subject: string, label: string): void => askFor({ kind, camera: id, subject, value: "", label });
  const ours = new Set(door.accounts?.filter((account) => account.is_ours).map((account) => account.name));
  return (
    <div class="door-column">
      <section>
        <h2>{t("Logged in now")}</h2>
        {door.sessions === null ? <p class="dim">{t("This camera does not say who is logged in now.")}</p> : null}
        {door.sessions && !door.sessions.length ? <p class="dim">{t("Nobody.")}</p> : null}
        {door.sessions?.length ? (
          <ul class="list">
            {door.sessions.map((visit) => (
              <li key={visit.id} class={`line ${isStranger(visit) ? "is-bad" : ""}`}>
                <span>
                  <strong>{visit.user || t("Somebody")}</strong>
                  <span class="dim">
                    {visitNote(visit)}
                    {visit.at_us === null ? "" : ` · ${t("since {ago}", { ago: ago(visit.at_us, now_us.value) })}`}
                    {ours.has(visit.user) ? ` · ${t("Hearthwatch's account")}` : ""}
                  </span>
                </span>
                {canDo(door, "end-session") ? (
                  <button class="button" type="button" onClick={() => ask("end-session", visit.id, visit.user ? t("End the visit of {user}", { user: visit.user }) : t("End the visit of somebody"))}>
                    {t("End")}
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
      </section>
      <section>
        <h2>{t("Accounts")}</h2>
        {door.accounts === null ? <p class="dim">{t("This camera does not list its accounts.")}</p> : null}
        <ul class="list">
          {door.accounts?.map((account) => (
            <li key={account.name} class="line">
              <span>
                <strong>{account.name}</strong>
                <span class="dim">{accountNote(account)}</span>
              </span>
              <span class="row">
                {canDo(door, "change-password") ? (
                  <button class="button" type="button" onClick={() => ask("change-password", account.is_ours ? "" : account.name, t("Change the password of {user}", { user: account.name }))}>
                    {t("New password")}
                  </button>
                ) : null}
                {canDo(door, "rename-user") && !account.is_built_in ? (
                  <button class="button is-plain" type="button" onClick={() => ask("rename-user", account.name, t("Rename the account {user}", { user: account.name }))}>
                    {t("Rename")}
                  </button>
                ) : null}
                {canDo(door, "remove-account") && !account.is_ours && !account.is_built_in ? (
                  <button class="button is-plain" type="button" onClick={() => ask("remove-account", account.name, t("Remove the account {user}", { user: account.name }))}>
                    {t("Remove")}
                  </button>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {door.blocked?.length ? (
        <section>
          <h2>{t("Shut out")}</h2>
          <ul class="list">
            {door.blocked.map((address) => (
              <li key={address} class="line">
                <strong>{address}</strong>
                <button class="button" type="button" onClick={() => ask("unblock-address", address, t("Let {address} in again", { address }))}>
                  {t("Let in again")}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}
