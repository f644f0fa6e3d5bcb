/** Which release runs, and what was heard of a newer one where the owner lets the house ask. */

import { useState } from "preact/hooks";
import { ago } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { now_us } from "../store";
import { rich, t } from "../words";
import { dates } from "../words/figures";
import { told } from "../words/told";
import { houseApi, type Release } from "./api";

export function VersionCard() {
  const [found, error, setFound] = useLoaded(() => houseApi.release(), []);
  const [asking, setAsking] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const look = (): void => {
    setAsking(true);
    houseApi
      .askRelease()
      .then(setFound, setFailed)
      .finally(() => setAsking(false));
  };
  return (
    <section class="panel" aria-label={t("This version")}>
      <h2>{t("This version")}</h2>
      {found ? (
        <>
          <p>
            <strong>Hearthwatch {found.version}</strong> <span class="dim">{t("of {day}", { day: day(found.date) })}</span>
          </p>
          <Heard now={found} />
          {found.may_ask ? (
            <button type="button" class="button" disabled={asking} onClick={look}>
              {asking ? t("Asking …") : t("Ask for a newer one now")}
            </button>
          ) : null}
          <p class="hint">{rule(found)}</p>
        </>
      ) : null}
      <Trouble error={failed ?? error} />
    </section>
  );
}

const written = dates({ day: "numeric", month: "long", year: "numeric" });
const day = (text: string): string => written(Date.parse(`${text}T12:00:00`) * 1000);

function rule(found: Release) {
  if (found.asks) return t("The address in the settings is asked once a day. Nothing is installed by itself.");
  if (found.may_ask) return t("Nobody is asked unless you press this. Nothing is installed by itself.");
  return rich("Nobody is asked for newer versions. {command} says how to look.", { command: <code>hearthwatch upgrade-check</code> });
}

function Heard({ now }: { now: Release }) {
  const heard = now.heard;
  if (!heard) return null;
  const when = ago(heard.at_us, now_us.value);
  if (heard.fault)
    return (
      <p>
        {told(heard.fault)} <span class="dim">{when}</span>
      </p>
    );
  return (
    <>
      {heard.newer ? (
        <p class="news">
          <strong>{heard.security ? t("{version} of {day} mends a hole in the security.", { version: heard.version, day: day(heard.date) }) : t("{version} of {day} is there.", { version: heard.version, day: day(heard.date) })}</strong> <span class="dim">{when}</span>
        </p>
      ) : (
        <p>
          {t("There is nothing newer.")} <span class="dim">{when}</span>
        </p>
      )}
      {heard.newer ? (
        <ul class="notes">
          {heard.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
      {heard.stale ? <p>{t("This answer is out of date: somebody may be holding newer ones back, or the address is dead.")}</p> : null}
      {heard.newer ? heard.refused.map((line) => <p key={line}>{told(line)}</p>) : null}
      {heard.newer ? heard.changes.map((line) => <p class="dim" key={line}>{told(line)}</p>) : null}
      {heard.newer ? (
        <p class="hint">
          {rich("How to upgrade: {page}", { page: heard.page ? <code>{heard.page}</code> : <code>docs/install.md</code> })}
        </p>
      ) : null}
    </>
  );
}
