/** A camera's own door: who it is, who is in it now, what was done there, and what can be done about it. */

import { useState } from "preact/hooks";
import { ago, startOfDay, moment } from "../format";
import { Empty, Trouble, useLoaded } from "../parts/bits";
import { CameraBar } from "../parts/CameraBar";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { cameras, isOwner, lastLogins, loaded, now_us, resyncs } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { doors, type Door, type Known } from "./api";
import { askFor, deeds } from "./asking";
import { Access } from "./Access";
import { Actions } from "./Actions";
import { folded, keyOf, merged } from "./fold";
import { LoginRow } from "./LoginRow";
import { LogSearch } from "./LogsPage";
import { scoreWord } from "./grades";
import { Score } from "./Score";
import { OwnersOnly, Pill } from "./Tabs";
import { ways } from "./Watched";
import { reach, vendorName } from "./words";

export function DoorPage({ id }: { id: string }) {
  const camera = cameras.value.find((each) => each.id === id);
  const [turn, setTurn] = useState(0);
  const owner = isOwner.value;
  const minute = Math.floor(now_us.value / 30e6);
  const [door, failed] = useLoaded(() => (owner ? doors.door(id) : Promise.resolve(null)), [id, turn, deeds.value, owner]);
  const [known, , setKnown] = useLoaded(() => (owner ? doors.known() : Promise.resolve([])), [minute, deeds.value, owner]);
  const [watched] = useLoaded(() => doors.watch(), [minute, resyncs.value]);
  const [logins, noLogins] = useLoaded(() => doors.logins({ camera: id, limit: 40 }), [id, resyncs.value]);
  const [search, setSearch] = useState("");
  if (!camera) {
    return loaded.value ? (
      <Empty icon={<icons.Camera size={40} />} title={t("There is no such camera")}>
        {t("It may have been renamed in the configuration.")}
      </Empty>
    ) : null;
  }
  const state = known?.find((each) => each.camera === id) ?? null;
  const watch = watched?.find((each) => each.camera === id);
  const folds = folded(merged(logins?.logins ?? [], logins ? lastLogins.value.filter((login) => login.camera === id) : [])).slice(0, 8);
  return (
    <div class="page">
      <CameraBar id={id} here="door" />
      <header class="camera-head">
        <h1>{camera.name}</h1>
        {state ? <Pill tone={reach(state).tone}>{reach(state).word}</Pill> : null}
        <span class="spacer" />
        {owner ? (
          <button class="button" type="button" onClick={() => setTurn(turn + 1)}>
            <icons.Again size={18} /> {t("Ask again")}
          </button>
        ) : null}
      </header>
      {owner ? null : <OwnersOnly>{t("He sees here who the camera is and who is in it now, and can change its password. You see who logged in, and its log.")}</OwnersOnly>}
      <Trouble error={failed} />
      {state && state.reach !== "open" && state.why ? <Shut state={state} onAccepted={(next) => setKnown((known ?? []).map((each) => (each.camera === id ? next : each)))} /> : null}
      {owner && !door && !failed ? <Working>{t("Asking the camera…")}</Working> : null}
      {owner && door ? (
        <div class="door-top">
          <Identity door={door} known={state} />
          <Standing id={id} />
        </div>
      ) : null}
      {owner && door ? (
        <div class="two is-door">
          <Access id={id} door={door} />
          <Actions id={id} door={door} />
        </div>
      ) : null}
      <section>
        <h2>
          {t("Who was here")}{" "}
          <a class="link" href={`/logins?camera=${encodeURIComponent(id)}`}>
            {t("all log-ins")}
          </a>
        </h2>
        <Trouble error={noLogins} />
        {folds.length ? (
          <ol class="logins">
            {folds.map((fold) => (
              <LoginRow key={keyOf(fold)} fold={fold} open={false} withCamera={false} withDay={startOfDay(fold.head.at_us) !== startOfDay(now_us.value)} />
            ))}
          </ol>
        ) : (
          <p class="dim">{watch ? t("Nobody, as far as the camera tells.") : t("This camera does not say who logs in to it.")}</p>
        )}
        {watch ? (
          <p class="hint is-foot">
            {watch.trouble ? <span class="bad">{told(watch.trouble)}</span> : watch.looked_us ? t("Watched {ways}, looked {ago}.", { ways: ways(watch), ago: ago(watch.looked_us, now_us.value) }) : t("Watched {ways}.", { ways: ways(watch) })}
          </p>
        ) : null}
      </section>
      <section>
        <h2>{t("Its log")}</h2>
        <LogSearch camera={id} day_us={null} search={search} onSearch={setSearch} limit={12} />
      </section>
    </div>
  );
}

/** Why the door is not open, and the owner's word where another device stands in the camera's place. */
function Shut({ state, onAccepted }: { state: Known; onAccepted: (known: Known) => void }) {
  const [sure, setSure] = useState(false);
  const [error, setError] = useState<unknown>(null);
  return (
    <div class={`note is-${reach(state).tone}`}>
      <p>
        <strong>{reach(state).word}.</strong> {told(state.why)}
      </p>
      {state.reach === "stranger" && isOwner.value ? (
        <div class="row">
          {sure ? (
            <>
              <span>{t("Only if you replaced it yourself: it gets the camera's password.")}</span>
              <button class="button is-main" type="button" onClick={() => doors.accept(state.camera).then(onAccepted, setError)}>
                {t("Yes, it is my camera")}
              </button>
              <button class="button" type="button" onClick={() => setSure(false)}>
                {t("No")}
              </button>
            </>
          ) : (
            <button class="button" type="button" onClick={() => setSure(true)}>
              {t("I replaced it: it is my camera")}
            </button>
          )}
        </div>
      ) : null}
      <Trouble error={error} />
    </div>
  );
}

function Identity({ door, known }: { door: Door; known: Known | null }) {
  const who = door.identity;
  const facts: [string, string][] = [
    [t("Make"), [who?.vendor || known?.maker, vendorName(door.vendor)].filter(Boolean).join(" · ")],
    [t("Model"), who?.model || known?.model || ""],
    [t("Firmware"), [who?.firmware || known?.firmware, who?.build_date ? t("of {date}", { date: who.build_date }) : ""].filter(Boolean).join(" ")],
    ["MAC", who?.mac || known?.mac || ""],
    [t("Serial number"), who?.serial || known?.serial || ""],
    [t("Address"), `${door.host}${door.port && door.port !== 80 ? `:${door.port}` : ""}`],
    [t("Last seen"), known?.last_us ? ago(known.last_us, now_us.value) : ""],
  ];
  return (
    <section class="panel door-id">
      <h2>{t("Who it is")}</h2>
      {door.reachable ? null : <p class="trouble">{told(door.why) || t("It does not answer.")}</p>}
      {door.reachable && door.why ? <p class="hint">{told(door.why)}</p> : null}
      <dl class="facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
      </dl>
    </section>
  );
}

/** The audit's score and the last copy of its settings. */
function Standing({ id }: { id: string }) {
  const [reports] = useLoaded(() => doors.reports(), [id, deeds.value]);
  const [copies] = useLoaded(() => doors.copies({ camera: id, limit: 1 }), [id, deeds.value]);
  const report = reports?.find((each) => each.camera === id);
  const copy = copies?.copies[0];
  const now = now_us.value;
  return (
    <div class="standing">
      <a class="panel standing-card" href={`/audit?camera=${encodeURIComponent(id)}`}>
        <Score score={report?.score ?? null} size={72} />
        <span>
          <h2>{t("Audit")}</h2>
          <span>{report ? scoreWord(report) : reports ? t("Not looked at yet") : "…"}</span>
          {report ? (
            <span class="dim">
              {t("{found} to put right, {unknown} not known", { found: report.found, unknown: report.unknown })}
            </span>
          ) : null}
        </span>
        <icons.Next size={18} />
      </a>
      <a class="panel standing-card" href={`/copies?camera=${encodeURIComponent(id)}${copy ? `&copy=${copy.id}` : ""}`}>
        <span class="standing-icon">
          <icons.Copies size={30} />
        </span>
        <span>
          <h2>{t("Settings")}</h2>
          <span>{copy ? t("Last changed {when}", { when: moment(copy.taken_us, now) }) : copies ? t("No copy yet") : "…"}</span>
          {copy ? <span class={copy.drift ? "bad" : "dim"}>{copy.drift ? t("Nobody ordered that change") : t("Found so {ago}", { ago: ago(copy.seen_us, now) })}</span> : null}
        </span>
        <icons.Next size={18} />
      </a>
      <button class="button is-main standing-do" type="button" onClick={() => askFor({ kind: "change-password", camera: id, subject: "", value: "", label: t("Change the password Hearthwatch uses") })}>
        {t("Change the password")}
      </button>
    </div>
  );
}
