/** What a tile says of its picture: never "live" when it is not. */

import type { Camera, State } from "../api";
import { ago, clock, lasted, moment } from "../format";
import type { Picture } from "./player";

export interface Say {
  word: string;
  tone: "good" | "warm" | "bad" | "quiet";
}

/** A picture that old is not called live any more. */
export const LATE_S = 2;

const DOWN: Partial<Record<State, string>> = { refused: "Password refused", unsupported: "Cannot be shown", quarantined: "Set aside" };

export function say(camera: Camera, picture: Picture, behind_s: number | null, single: boolean): Say {
  if (camera.state === "private") return { word: "Private", tone: "quiet" };
  if (camera.state === "connecting") return { word: "Connecting…", tone: "quiet" };
  if (camera.state === "lost") return { word: "Reconnecting…", tone: "bad" };
  if (camera.state !== "live" && camera.state !== "quarantined") return { word: DOWN[camera.state] ?? "No picture", tone: "bad" };
  if (single) return { word: "Single pictures", tone: "quiet" };
  if (behind_s !== null && behind_s >= LATE_S) return { word: `${lasted(behind_s * 1e6)} behind`, tone: "warm" };
  if (picture.kind === "blocked") return { word: "Stopped", tone: "warm" };
  if (picture.kind === "waiting") return { word: picture.why ? "Reconnecting…" : "Connecting…", tone: picture.why ? "warm" : "quiet" };
  return { word: "Live", tone: "good" };
}

/** What stands over a picture that is not there. */
export function missing(camera: Camera, now_us: number): { title: string; detail: string } {
  if (camera.state === "private") return { title: "Private – not recorded", detail: camera.cause };
  if (camera.state === "connecting") return { title: "Connecting…", detail: camera.cause };
  const since = now_us - camera.since_us < 60e6 ? ago(camera.since_us, now_us) : `since ${now_us - camera.since_us < 12 * 3600e6 ? clock(camera.since_us) : moment(camera.since_us, now_us)}`;
  return { title: `No picture ${now_us - camera.since_us < 60e6 ? `(${since})` : since}`, detail: camera.cause };
}
