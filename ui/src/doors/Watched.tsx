/** Which doors are watched and how, and what to do where one is not. */

import type { ComponentChildren } from "preact";
import { ago } from "../format";
import { Empty } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameraName, cameras, now_us } from "../store";
import { rich, t } from "../words";
import { listed } from "../words/figures";
import { told } from "../words/told";
import type { Watch } from "./api";

export const ways = (watch: Watch): string => {
  const found = [watch.has_log ? t("log") : "", watch.has_sessions ? t("visitors") : "", watch.has_events ? t("alarms") : ""].filter(Boolean);
  return found.length ? t("by its {what}", { what: listed(found) }) : t("not asked yet");
};

/** Today's own visits: the newest day that was counted. */
export const ownVisits = (watch: Watch): number => Object.entries(watch.own).sort(([a], [b]) => (a < b ? 1 : -1))[0]?.[1] ?? 0;

export function WatchedStrip({ watched }: { watched: Watch[] }) {
  const now = now_us.value;
  const names = new Set(watched.map((watch) => watch.camera));
  const others = cameras.value.filter((camera) => !names.has(camera.id));
  return (
    <ul class="watched" aria-label={t("Watched doors")}>
      {watched.map((watch) => (
        <li key={watch.camera} class={watch.trouble ? "is-bad" : ""}>
          <a href={`/cameras/${watch.camera}/door`}>
            <span class={`dot ${watch.trouble ? "is-lost" : watch.looked_us ? "is-live" : "is-connecting"}`} aria-hidden="true" />
            <span>
              <strong>{cameraName(watch.camera)}</strong>
              <span class={watch.trouble ? "bad" : "dim"}>
                {told(watch.trouble) || (watch.looked_us ? t("watched {ways} · looked {ago}", { ways: ways(watch), ago: ago(watch.looked_us, now) }) : t("not asked yet"))}
              </span>
            </span>
          </a>
        </li>
      ))}
      {others.map((camera) => (
        <li key={camera.id} class="is-off">
          <a href={`/cameras/${camera.id}/door`}>
            <span class="dot is-over" aria-hidden="true" />
            <span>
              <strong>{camera.name}</strong>
              <span class="dim">{t("does not say who logs in to it")}</span>
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Nothing is watched at all: what to write where. */
export function NoDoor({ children }: { children?: ComponentChildren }) {
  const name = cameras.value[0]?.id ?? "front";
  return (
    <Empty icon={<icons.Door size={40} />} title={t("No camera lets us look at its door yet")}>
      {rich("A camera that can be logged in to is watched by itself once Hearthwatch knows its address and password. Write {user} into {section}, give the password with {command}, and if its own page is elsewhere say so in {door}.", {
        user: <code>user</code>,
        section: <code>[camera.{name}]</code>,
        command: <code>hearthwatch secrets set camera.{name}.password</code>,
        door: <code>[camera.{name}.door]</code>,
      })} {children}
    </Empty>
  );
}
