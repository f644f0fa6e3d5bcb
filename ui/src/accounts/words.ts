/** What accounts are called to people. */

import { addDays, capital, clock, dayName, startOfDay } from "../format";
import { cameraName, now_us } from "../store";
import { said, t } from "../words";
import { own } from "../own";
import type { Deed, Role } from "./api";

export const ROLES: readonly [Role, string, string][] = [
  ["viewer", said("Viewer"), said("sees live pictures, footage and events")],
  ["member", said("Member"), said("also arms and disarms, marks, keeps and takes footage out")],
  ["owner", said("Owner"), said("decides everything: cameras, settings, people")],
];
export const SCOPES: readonly [string, string, string][] = [
  ["look", said("Look"), said("pictures, footage, events, how things stand")],
  ["decide", said("Arm and mark"), said("arm and disarm without a password, mark, keep, quieten")],
  ["export", said("Take footage out"), said("download and hand over")],
  ["manage", said("Manage"), said("cameras, settings, whatever is left; no people and no tokens")],
];

export const roleName = (role: string): string => t(ROLES.find(([key]) => key === role)?.[1] ?? capital(role));
export const scopeName = (scope: string): string => t(SCOPES.find(([key]) => key === scope)?.[1] ?? scope);
export const seen = (cameras: string[] | null): string => (cameras === null ? t("all cameras") : cameras.length ? cameras.map(cameraName).join(", ") : t("no camera"));

const FACTORS: Record<string, string> = {
  code: said("the code on the console"),
  password: said("password"),
  totp: said("password and code"),
  recovery: said("password and recovery code"),
  passkey: said("passkey"),
};
export const factorName = (factor: string): string => t(own(FACTORS, factor) ?? factor);

const DEEDS: Record<string, string> = {
  claimed: said("Claimed the house"),
  "logged-in": said("Logged in"),
  "logged-out": said("Logged out"),
  "log-in-refused": said("Was refused at the door"),
  "ended-log-in": said("Ended a log-in"),
  "let-in": said("Let somebody in"),
  "shut-out": said("Shut somebody out"),
  "removed-person": said("Removed a person"),
  "moved-camera": said("Moved the camera"),
  "changed-rights": said("Changed somebody's rights"),
  "gave-password": said("Gave a new password"),
  "changed-password": said("Changed the own password"),
  "removed-factors": said("Took second factors away"),
  "set-up-code-app": said("Set up a code app"),
  "removed-code-app": said("Removed the code app"),
  "renewed-recovery-codes": said("Made new recovery codes"),
  "added-passkey": said("Added a passkey"),
  "removed-passkey": said("Removed a passkey"),
  "made-token": said("Made a token"),
  "took-token": said("Took a token away"),
  reset: said("Started an account anew"),
  armed: said("Armed or disarmed"),
  "opened-own-page": said("Opened the camera's own page"),
  "made-relay-password": said("Made a password for other software"),
  "handed-on-command": said("Sent the camera a command through the proxy"),
  "watched-live": said("Watched live"),
  "looked-at-picture": said("Looked at a picture"),
  "played-footage": said("Played footage"),
  "played-timelapse": said("Played a timelapse"),
  "exported-case": said("Handed footage over"),
  "exported-footage": said("Took footage out"),
  "shared-footage": said("Shared footage by a link"),
  "ended-share": said("Ended a link to footage"),
  "opened-share": said("Opened a link to footage"),
  "kept-footage": said("Kept or released footage"),
  "marked-seen": said("Marked as seen"),
  "marked-false-alarm": said("Marked a false alarm"),
  snoozed: said("Quietened alerts"),
  "fetched-model": said("Fetched the detection model"),
  "invited-by-telegram": said("Invited by Telegram"),
  "changed-telegram-role": said("Changed a role in Telegram"),
  "removed-from-telegram": said("Removed from Telegram"),
  "add-push-device": said("Had a device notified"),
  "move-push-device": said("A device's browser changed its address"),
  "remove-push-device": said("Took a device off the notifications"),
  "test-push-device": said("Sent a device a test"),
  "worked-on-camera": said("Worked on the camera"),
  "restored-settings": said("Wrote settings back"),
  "applied-baseline": said("Applied the baseline"),
  "switched-off": said("Switched something off"),
  "tried-action": said("Tried an action"),
  "changed-at-house": said("Changed something at another house"),
  "invited-house": said("Invited a house"),
  "revoked-house": said("Refused a house"),
  "changed-site-role": said("Changed a role at a site"),
  "joined-hub": said("Joined a hub"),
  "left-hub": said("Left the hub"),
  "restarted-machine": said("Restarted the machine"),
};
const GRAVE = new Set(["exported-case", "exported-footage", "let-in", "shut-out", "removed-person", "changed-rights", "made-token", "removed-factors", "reset", "gave-password"]);
const REFUSED = new Set(["log-in-refused"]);

export const deedName = (deed: Deed): string => t(own(DEEDS, deed.deed) ?? capital(deed.deed.replaceAll("-", " ")));
export const deedTone = (deed: Deed): string => (REFUSED.has(deed.deed) ? "bad" : GRAVE.has(deed.deed) ? "warm" : "");

const VIAS: Record<string, string> = { page: "", token: said("by a token"), terminal: said("at the command line"), telegram: said("by Telegram"), mqtt: said("by MQTT"), house: said("by itself"), hub: said("by the hub") };
export const viaName = (via: string): string => t(own(VIAS, via) ?? via);

/** What the house calls a browser, "Firefox on Linux". */
export function browserName(called: string): string {
  const [browser = "", system = ""] = called.split(" on ");
  return system ? t("{browser} on {system}", { browser, system }) : called;
}

/** A moment within a sentence. */
export function when(at_us: number): string {
  const [day, today, time] = [startOfDay(at_us), startOfDay(now_us.value), clock(at_us)];
  if (day === today) return t("today, {time}", { time });
  if (day === addDays(today, -1)) return t("yesterday, {time}", { time });
  return `${dayName(day, now_us.value)}, ${time}`;
}

export const whence = (address: string): string => (address === "127.0.0.1" || address === "::1" ? t("this machine") : address);
