/** What a tile says of its picture: never "live" when it is not. */

import type { Camera, State } from "../api";
import { ago, clock, lasted, moment } from "../format";
import { said, t } from "../words";
import type { Picture } from "./player";

export interface Say {
  word: string;
  tone: "good" | "warm" | "bad" | "quiet";
}

/** A picture that old is not called live any more. */
export const LATE_S = 2;

const DOWN: Partial<Record<State, string>> = { refused: said("Password refused"), unsupported: said("Cannot be shown"), quarantined: said("Set aside") };

export function say(camera: Camera, picture: Picture, behind_s: number | null, single: boolean): Say {
  if (camera.state === "private") return { word: t("Private"), tone: "quiet" };
  if (camera.state === "connecting") return { word: t("Connecting…"), tone: "quiet" };
  if (camera.state === "lost") return { word: t("Reconnecting…"), tone: "bad" };
  if (camera.state !== "live" && camera.state !== "quarantined") return { word: t(DOWN[camera.state] ?? said("No picture")), tone: "bad" };
  if (single) return { word: t("Single pictures"), tone: "quiet" };
  if (behind_s !== null && behind_s >= LATE_S) return { word: t("{time} behind", { time: lasted(behind_s * 1e6) }), tone: "warm" };
  if (picture.kind === "blocked") return { word: t("Stopped"), tone: "warm" };
  if (picture.kind === "waiting") return { word: picture.why ? t("Reconnecting…") : t("Connecting…"), tone: picture.why ? "warm" : "quiet" };
  return { word: t("Live"), tone: "good" };
}

/** What stands over a picture that is not there. */
export function missing(camera: Camera, now_us: number): { title: string; detail: string } {
  if (camera.state === "private") return { title: t("Private – not recorded"), detail: camera.cause };
  if (camera.state === "connecting") return { title: t("Connecting…"), detail: camera.cause };
  const us = now_us - camera.since_us;
  const title = us < 60e6 ? t("No picture ({time})", { time: ago(camera.since_us, now_us) }) : t("No picture since {time}", { time: us < 12 * 3600e6 ? clock(camera.since_us) : moment(camera.since_us, now_us) });
  return { title, detail: camera.cause };
}
