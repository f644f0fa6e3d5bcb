/** What accounts are called to people. */

import { capital, clock, dayName, startOfDay } from "../format";
import { cameraName, now_us } from "../store";
import type { Deed, Role } from "./api";

export const ROLES: readonly [Role, string, string][] = [
  ["viewer", "Viewer", "sees live pictures, footage and events"],
  ["member", "Member", "also arms and disarms, marks, keeps and takes footage out"],
  ["owner", "Owner", "decides everything: cameras, settings, people"],
];
export const SCOPES: readonly [string, string, string][] = [
  ["look", "Look", "pictures, footage, events, how things stand"],
  ["decide", "Arm and mark", "arm and disarm without a password, mark, keep, quieten"],
  ["export", "Take footage out", "download and hand over"],
  ["manage", "Manage", "cameras, settings, whatever is left; no people and no tokens"],
];

export const roleName = (role: string): string => ROLES.find(([key]) => key === role)?.[1] ?? capital(role);
export const scopeName = (scope: string): string => SCOPES.find(([key]) => key === scope)?.[1] ?? scope;
export const seen = (cameras: string[] | null): string => (cameras === null ? "all cameras" : cameras.length ? cameras.map(cameraName).join(", ") : "no camera");

const FACTORS: Record<string, string> = {
  code: "the code on the console",
  password: "password",
  totp: "password and code",
  recovery: "password and recovery code",
  passkey: "passkey",
};
export const factorName = (factor: string): string => FACTORS[factor] ?? factor;

const DEEDS: Record<string, string> = {
  claimed: "Claimed the house",
  "logged-in": "Logged in",
  "logged-out": "Logged out",
  "log-in-refused": "Was refused at the door",
  "ended-log-in": "Ended a log-in",
  "let-in": "Let somebody in",
  "shut-out": "Shut somebody out",
  "changed-rights": "Changed somebody's rights",
  "gave-password": "Gave a new password",
  "changed-password": "Changed the own password",
  "removed-factors": "Took second factors away",
  "set-up-code-app": "Set up a code app",
  "removed-code-app": "Removed the code app",
  "renewed-recovery-codes": "Made new recovery codes",
  "added-passkey": "Added a passkey",
  "removed-passkey": "Removed a passkey",
  "made-token": "Made a token",
  "took-token": "Took a token away",
  reset: "Started an account anew",
  armed: "Armed or disarmed",
  "opened-own-page": "Opened the camera's own page",
  "made-relay-password": "Made a password for other software",
  "handed-on-command": "Sent the camera a command through the proxy",
  "watched-live": "Watched live",
  "looked-at-picture": "Looked at a picture",
  "played-footage": "Played footage",
  "played-timelapse": "Played a timelapse",
  "exported-case": "Handed footage over",
  "exported-footage": "Took footage out",
  "shared-footage": "Shared footage by a link",
  "ended-share": "Ended a link to footage",
  "opened-share": "Opened a link to footage",
  "kept-footage": "Kept or released footage",
  "marked-seen": "Marked as seen",
  "marked-false-alarm": "Marked a false alarm",
  snoozed: "Quietened alerts",
  "fetched-model": "Fetched the detection model",
  "invited-by-telegram": "Invited by Telegram",
  "changed-telegram-role": "Changed a role in Telegram",
  "removed-from-telegram": "Removed from Telegram",
  "add-push-device": "Had a device notified",
  "move-push-device": "A device's browser changed its address",
  "remove-push-device": "Took a device off the notifications",
  "test-push-device": "Sent a device a test",
  "worked-on-camera": "Worked on the camera",
  "restored-settings": "Wrote settings back",
  "applied-baseline": "Applied the baseline",
  "switched-off": "Switched something off",
  "tried-action": "Tried an action",
};
const GRAVE = new Set(["exported-case", "exported-footage", "let-in", "shut-out", "changed-rights", "made-token", "removed-factors", "reset", "gave-password"]);
const REFUSED = new Set(["log-in-refused"]);

export const deedName = (deed: Deed): string => DEEDS[deed.deed] ?? capital(deed.deed.replaceAll("-", " "));
export const deedTone = (deed: Deed): string => (REFUSED.has(deed.deed) ? "bad" : GRAVE.has(deed.deed) ? "warm" : "");

const VIAS: Record<string, string> = { page: "", token: "by a token", terminal: "at the command line", telegram: "by Telegram", mqtt: "by MQTT", house: "by itself" };
export const viaName = (via: string): string => VIAS[via] ?? via;

/** A moment within a sentence. */
export function when(at_us: number): string {
  const day = dayName(startOfDay(at_us), now_us.value);
  return `${day === "Today" || day === "Yesterday" ? day.toLowerCase() : day}, ${clock(at_us)}`;
}

export const whence = (address: string): string => (address === "127.0.0.1" || address === "::1" ? "this machine" : address);
