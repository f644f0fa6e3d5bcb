/** Who is in the camera now, which accounts it has, and whom it shuts out. */

import { ago } from "../format";
import { now_us } from "../store";
import type { Door } from "./api";
import { askFor } from "./asking";
import { accountNote, canDo, isStranger, visitNote } from "./words";

export function Access({ id, door }: { id: string; door: Door }) {
  const ask = (kind: string, subject: string, label: string): void => askFor({ kind, camera: id, subject, value: "", label });
  const ours = new Set(door.accounts?.filter((account) => account.is_ours).map((account) => account.name));
  return (
    <div class="door-column">
      <section>
        <h2>Logged in now</h2>
        {door.sessions === null ? <p class="dim">This camera does not say who is logged in now.</p> : null}
        {door.sessions && !door.sessions.length ? <p class="dim">Nobody.</p> : null}
        {door.sessions?.length ? (
          <ul class="list">
            {door.sessions.map((visit) => (
              <li key={visit.id} class={`line ${isStranger(visit) ? "is-bad" : ""}`}>
                <span>
                  <strong>{visit.user || "Somebody"}</strong>
                  <span class="dim">
                    {visitNote(visit)}
                    {visit.at_us === null ? "" : ` · since ${ago(visit.at_us, now_us.value)}`}
                    {ours.has(visit.user) ? " · Hearthwatch's account" : ""}
                  </span>
                </span>
                {canDo(door, "end-session") ? (
                  <button class="button" type="button" onClick={() => ask("end-session", visit.id, `End the visit of ${visit.user || "somebody"}`)}>
                    End
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
      </section>
      <section>
        <h2>Accounts</h2>
        {door.accounts === null ? <p class="dim">This camera does not list its accounts.</p> : null}
        <ul class="list">
          {door.accounts?.map((account) => (
            <li key={account.name} class="line">
              <span>
                <strong>{account.name}</strong>
                <span class="dim">{accountNote(account)}</span>
              </span>
              <span class="row">
                {canDo(door, "change-password") ? (
                  <button class="button" type="button" onClick={() => ask("change-password", account.is_ours ? "" : account.name, `Change the password of ${account.name}`)}>
                    New password
                  </button>
                ) : null}
                {canDo(door, "rename-user") && !account.is_built_in ? (
                  <button class="button is-plain" type="button" onClick={() => ask("rename-user", account.name, `Rename the account ${account.name}`)}>
                    Rename
                  </button>
                ) : null}
                {canDo(door, "remove-account") && !account.is_ours && !account.is_built_in ? (
                  <button class="button is-plain" type="button" onClick={() => ask("remove-account", account.name, `Remove the account ${account.name}`)}>
                    Remove
                  </button>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {door.blocked?.length ? (
        <section>
          <h2>Shut out</h2>
          <ul class="list">
            {door.blocked.map((address) => (
              <li key={address} class="line">
                <strong>{address}</strong>
                <button class="button" type="button" onClick={() => ask("unblock-address", address, `Let ${address} in again`)}>
                  Let in again
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}
