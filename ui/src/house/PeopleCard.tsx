/** Who is home, and by what that is known. */

import { ago, moment } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { now_us } from "../store";
import { rich, t } from "../words";
import { houseApi, type Person } from "./api";
import { evidence } from "./words";

export function PeopleCard() {
  const tick = Math.floor(now_us.value / 15e6);
  const [people, error] = useLoaded(() => houseApi.people(), [tick]);
  return (
    <section class="panel" aria-label={t("People")}>
      <h2>{t("People")}</h2>
      {people && !people.length ? (
        <p class="dim">
          {rich("Nobody is set up, so nobody's coming and going arms the house. Add people and their phones: {command}.", { command: <code>hearthwatch people add anna</code> })}
        </p>
      ) : null}
      <ul class="house-list">
        {people?.map((one) => (
          <li key={one.person}>
            <span class={`dot ${one.home ? "is-live" : "is-over"}`} aria-hidden="true" />
            <div class="grow">
              <strong>{one.name}</strong> <span class="dim">{where(one)}</span>
              <p class="hint">{why(one)}</p>
            </div>
          </li>
        ))}
      </ul>
      <Trouble error={error} />
    </section>
  );
}

function where(one: Person): string {
  if (!one.known) return t("not noticed yet");
  const when = moment(one.since_us, now_us.value);
  return one.home ? t("home since {when}", { when }) : t("away since {when}", { when });
}

function why(one: Person): string {
  const last = one.answered ?? one.seen;
  return last ? t("{what} {ago}.", { what: evidence(last.device, last.means), ago: ago(last.at_us, now_us.value) }) : t("No device of theirs gave a sign yet.");
}
