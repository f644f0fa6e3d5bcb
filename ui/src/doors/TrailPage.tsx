/** Who had what done to which camera, and how it ended. */

import { useState } from "preact/hooks";
import { capital, clock, dayName, lasted, startOfDay } from "../format";
import { Chips, Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName, cameras, isOwner, now_us, resyncs } from "../store";
import { said, t } from "../words";
import { told } from "../words/told";
import { doors, type Entry, type Trail } from "./api";
import { deeds } from "./asking";
import { choose, OwnersOnly, Pill, Tabs } from "./Tabs";
import { own } from "../own";
import { asker, outcome, serviceName } from "./words";

const DEEDS: Record<string, string> = {
  "change-password": said("Change the password"),
  "rename-user": said("Rename the account"),
  "remove-account": said("Remove the account"),
  "end-session": said("End the visit"),
  "block-address": said("Block the address"),
  "unblock-address": said("Let the address in again"),
  reboot: said("Restart the camera"),
  "switch-off": said("Switch the camera off"),
  "switch-on": said("Switch the camera on"),
  "service-off": said("Switch off"),
  "service-on": said("Switch on"),
  "set-clock": said("Set the clock"),
  "use-ntp": said("Set the clock by a time server"),
  "restore-settings": said("Write settings back"),
  "change-network": said("Change its network"),
  "upload-firmware": said("Install firmware"),
};
const TOLD = new Set(["change-password", "rename-user", "remove-account", "block-address", "unblock-address", "end-session", "upload-firmware"]);

export function deedName(entry: Entry): string {
  const name = t(own(DEEDS, entry.kind) ?? capital(entry.kind.replaceAll("-", " ")));
  if (entry.kind === "service-off" || entry.kind === "service-on") return `${name}: ${serviceName(entry.subject)}`;
  return entry.subject && TOLD.has(entry.kind) ? `${name}: ${entry.subject}` : name;
}

export function TrailPage() {
  const camera = place.value.query.get("camera") ?? "";
  const [older, setOlder] = useState<Trail | null>(null);
  const [error, setError] = useState<unknown>(null);
  const minute = Math.floor(now_us.value / 15e6);
  const [found, failed] = useLoaded(() => (isOwner.value ? doors.trail({ camera }) : Promise.resolve(null)), [camera, deeds.value, resyncs.value, minute, isOwner.value]);
  const known = new Set(found?.entries.map((entry) => entry.id));
  const entries = [...(found?.entries ?? []), ...(older?.entries.filter((entry) => !known.has(entry.id)) ?? [])];
  const more = older ? older.more : (found?.more ?? false);
  const days = new Map<number, Entry[]>();
  for (const entry of entries) days.set(startOfDay(entry.asked_us), [...(days.get(startOfDay(entry.asked_us)) ?? []), entry]);
  return (
    <div class="page is-narrow">
      <Head title={t("What was done")} />
      <Tabs />
      {isOwner.value ? null : <OwnersOnly>{t("He sees here who changed what on which camera.")}</OwnersOnly>}
      {cameras.value.length > 1 && isOwner.value ? (
        <div class="filters">
          <Chips
            name={t("Camera")}
            value={camera}
            all={[["", t("All cameras")], ...cameras.value.map((each) => [each.id, each.name] as const)]}
            onPick={(value) => {
              setOlder(null);
              go(choose("/done", place.value.query, { camera: value }), true);
            }}
          />
        </div>
      ) : null}
      <Trouble error={error ?? failed} />
      {found && !entries.length ? (
        <Empty icon={<icons.Lines size={40} />} title={t("Nothing was done yet")}>
          {t("Whatever is done to a camera from here, from Telegram or from the command line stands here afterwards: who asked, when, and how it ended.")}
        </Empty>
      ) : null}
      {[...days].map(([day, list]) => (
        <section key={day}>
          <h2 class="day-name">{dayName(day, now_us.value)}</h2>
          <ol class="feed">
            {list.map((entry) => (
              <TrailRow key={entry.id} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
      {more ? (
        <button class="button is-wide" type="button" onClick={() => void doors.trail({ camera, before_us: entries.at(-1)?.asked_us ?? 0 }).then((next) => setOlder({ ...next, entries: [...(older?.entries ?? []), ...next.entries] }), setError)}>
          {t("Older")}
        </button>
      ) : null}
    </div>
  );
}

export function TrailRow({ entry }: { entry: Entry }) {
  const { tone, word } = outcome(entry.state);
  const took = entry.begun_us !== null && entry.ended_us !== null ? entry.ended_us - entry.begun_us : null;
  return (
    <li class="trail">
      <time>{clock(entry.asked_us)}</time>
      <div>
        <strong>{deedName(entry)}</strong> <span class="dim">{t("at {camera}", { camera: cameraName(entry.camera) })}</span>
        <p class="dim">{told(entry.text)}</p>
        <p class="hint">
          {capital(asker(entry.who))}
          {took === null ? "" : ` · ${t("took {time}", { time: lasted(took) })}`}
          {entry.state === "done" ? ` · ${entry.verified ? t("read back from the camera") : t("not read back")}` : ""}
        </p>
      </div>
      <Pill tone={tone}>{word}</Pill>
    </li>
  );
}
