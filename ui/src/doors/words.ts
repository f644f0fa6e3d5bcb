/** Words for what happens at a camera's own door, as a tired owner understands them. */

import { capital } from "../format";
import type { Account, Door, Known, Login, Offer, RepairState, Visit } from "./api";

/** How loud something is: `good` is quiet green, `warm` deserves a look, `bad` asks for something to be done. */
export type Tone = "good" | "quiet" | "warm" | "bad";

interface Said {
  tone: Tone;
  word: string;
  next: string;
}

const STOP_HIM = "change the camera's password and end the visit, then look at its accounts.";

const VERDICTS: Record<string, Said> = {
  own: { tone: "quiet", word: "Hearthwatch", next: "" },
  home: { tone: "good", word: "At home", next: "A name you listed, from your own network. Nothing needs to be done." },
  noted: { tone: "quiet", word: "Noted", next: "Nothing needs to be done." },
  outside: { tone: "bad", word: "From outside", next: `Was it you or yours, away from home? Then all is well. If not: ${STOP_HIM}` },
  "place-unknown": { tone: "bad", word: "Place unknown", next: `The camera does not say from where. If it was not you or yours: ${STOP_HIM}` },
  "unknown-user": { tone: "bad", word: "Unknown user", next: `If nobody of yours did that: ${STOP_HIM}` },
  "our-account": { tone: "bad", word: "Our account misused", next: `Nobody but Hearthwatch should use this account: ${STOP_HIM}` },
  failed: {
    tone: "warm",
    word: "Did not get in",
    next: "One or two are a slip of the finger. If there are more: block the address, and see that the camera cannot be reached from the Internet.",
  },
  locked: { tone: "warm", word: "Locked out", next: "Somebody guesses passwords. The camera holds him off for a while; see that it cannot be reached from the Internet." },
  "account-added": { tone: "bad", word: "New account", next: "If it was not you: remove that account, and change the password of every other one." },
  "account-changed": { tone: "bad", word: "Account changed", next: "If it was not you: change the passwords and look at what each account may do." },
  "account-removed": { tone: "bad", word: "Account removed", next: "If it was not you: change the passwords and see that you can still log in." },
  "password-changed": { tone: "bad", word: "Password changed", next: "If it was not you: change it back at once, or reset the camera at the camera itself." },
  "settings-changed": {
    tone: "bad",
    word: "Settings changed",
    next: "Nobody ordered that here. See under Settings what changed, and put it back. If nobody of yours did it: change the camera's password and end the visit.",
  },
  "log-cleared": { tone: "bad", word: "Log cleared", next: "Clearing a log hides what was done before. If it was not you: change the password. What Hearthwatch saw before is kept here." },
  "log-gap": { tone: "warm", word: "Log has a hole", next: "What stood there and was not read yet is lost. If nobody restarted or emptied it, look at the camera's accounts and settings." },
};
const UNKNOWN: Said = { tone: "warm", word: "", next: "" };

export const tone = (verdict: string): Tone => (VERDICTS[verdict] ?? UNKNOWN).tone;
export const verdictWord = (verdict: string): string => VERDICTS[verdict]?.word ?? capital(verdict.replaceAll("-", " "));
export const nextStep = (verdict: string): string => (VERDICTS[verdict] ?? UNKNOWN).next;

/** What can be picked above the list, and the verdicts each stands for. */
export const GROUPS: [string, string, readonly string[]][] = [
  ["", "All", []],
  ["foreign", "Foreign", ["outside", "place-unknown", "unknown-user", "our-account"]],
  ["failed", "Did not get in", ["failed", "locked"]],
  ["door", "Changes to the door", ["account-added", "account-changed", "account-removed", "password-changed", "settings-changed", "log-cleared", "log-gap"]],
  ["home", "At home", ["home", "noted"]],
];
export const verdictsOf = (group: string): readonly string[] => GROUPS.find(([key]) => key === group)?.[2] ?? [];

/** Somebody who should not be there, or a hand on the lock: stands out and marks the rail. */
export const isForeign = (login: Login): boolean => tone(login.verdict) === "bad";

const ACTIONS: Record<string, string> = {
  login: "logged in",
  logout: "logged out",
  denied: "was refused",
  locked: "was locked out",
  "account-added": "is a new account",
  "account-changed": "had the account changed",
  "account-removed": "had the account removed",
  "password-changed": "has a new password",
  "log-cleared": "cleared the log",
  "settings-changed": "changed settings",
  "clock-set": "set the clock",
  restarted: "restarted the camera",
  "log-gap": "lines are missing from the log",
};
/** Lines of a log say who did it, a comparison of accounts whom it was done to. */
const BY: Record<string, string> = {
  "account-added": "added an account",
  "account-changed": "changed an account",
  "account-removed": "removed an account",
  "password-changed": "changed a password",
};

/** "admin logged in", "somebody was refused 12 times". */
export function deed(login: Login, times = 1): string {
  if (login.action === "log-gap") return "Lines are missing from the camera's log";
  if (login.action === "restarted" && !login.user) return "The camera restarted";
  const who = login.user || "Somebody";
  const done = (login.source === "accounts" ? undefined : BY[login.action]) ?? ACTIONS[login.action] ?? (login.code || login.action);
  return `${who} ${done}${times > 1 ? ` ${times} times` : ""}`;
}

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

/** "203.0.113.9", "outside", and the name of the address where there is one. */
export function whence(one: Pick<Login, "address" | "origin" | "at_home"> & { name?: string }): { from: string; place: string; name: string } {
  if (one.address === null) return { from: one.origin, place: one.origin ? "" : "place unknown", name: "" };
  const place = one.at_home ? "at home" : isLoopback(one.address) ? "through the camera itself, or its maker's cloud" : "outside";
  return { from: one.address, place, name: one.name ?? "" };
}

const SOURCES: Record<string, string> = {
  log: "The camera's log",
  session: "The camera's list of visitors",
  event: "An alarm of the camera",
  accounts: "A look at the camera's accounts",
  watch: "Hearthwatch, looking at the log",
};
export const sourceName = (source: string): string => SOURCES[source] ?? capital(source);

/** What helps against a log-in, most useful first; whether the camera can do it, it says when asked. */
export function offers(login: Login): Offer[] {
  if (!isForeign(login) && login.verdict !== "failed" && login.verdict !== "locked") return [];
  const found: Offer[] = [];
  const add = (kind: string, subject: string, label: string): void => void found.push({ kind, camera: login.camera, subject, value: "", label });
  if (login.verdict === "account-added" && login.source === "accounts" && login.user) add("remove-account", login.user, `Remove the account ${login.user}`);
  else if (login.user && tone(login.verdict) === "bad" && login.action === "login") add("change-password", login.user, `Change the password of ${login.user}`);
  else if (tone(login.verdict) === "bad") add("change-password", "", "Change the password");
  if (login.address && !login.at_home && !isLoopback(login.address) && !login.address.includes(":")) add("block-address", login.address, `Block ${login.address}`);
  return found;
}

const REACHES: Record<string, { tone: Tone; word: string }> = {
  open: { tone: "good", word: "Watched" },
  gone: { tone: "bad", word: "Does not answer" },
  refused: { tone: "bad", word: "Refuses our password" },
  stranger: { tone: "bad", word: "Another device answers" },
  "unknown-family": { tone: "warm", word: "Unknown make" },
  failed: { tone: "bad", word: "Cannot be asked" },
  "not-watched": { tone: "quiet", word: "Not watched" },
  "not-yet": { tone: "quiet", word: "Not asked yet" },
};
export const reach = (known: Known): { tone: Tone; word: string } => REACHES[known.reach] ?? { tone: "warm", word: capital(known.reach.replaceAll("-", " ")) };

const VENDORS: Record<string, string> = {
  "foscam-mjpeg": "Foscam, first generation",
  "foscam-hd": "Foscam HD",
  dahua: "Dahua or Amcrest",
  reolink: "Reolink",
  onvif: "ONVIF",
  auto: "not known yet",
  none: "left alone",
};
export const vendorName = (vendor: string): string => VENDORS[vendor] ?? capital(vendor);

const STATES: Record<RepairState, { tone: Tone; word: string }> = {
  asked: { tone: "quiet", word: "Asked, not answered" },
  declined: { tone: "quiet", word: "Not wanted" },
  expired: { tone: "quiet", word: "Not answered" },
  running: { tone: "warm", word: "Under way" },
  done: { tone: "good", word: "Done" },
  failed: { tone: "bad", word: "Did not work" },
  impossible: { tone: "warm", word: "Not possible" },
  unfinished: { tone: "bad", word: "Broken off" },
};
export const outcome = (state: RepairState): { tone: Tone; word: string } => STATES[state] ?? { tone: "quiet", word: capital(state) };

/** "page owner", "telegram 12" and so on, as people say it. */
export function asker(who: string): string {
  const [way = "", ...rest] = who.split(" ");
  const name = rest.join(" ");
  if (way === "page") return `${name} on the page`;
  if (way === "telegram") return `${name || "somebody"} on Telegram`;
  if (way === "terminal") return "somebody at the machine itself";
  if (way === "system") return "Hearthwatch";
  return who;
}

const SERVICES: Record<string, [string, string]> = {
  p2p: ["Maker's cloud (P2P)", "The camera calls its maker, through whom anybody with its number may try to get in."],
  upnp: ["Opens the router (UPnP)", "The camera opens your router to the Internet by itself."],
  ddns: ["Name on the Internet (DDNS)", "The camera tells the Internet where it is."],
  snmp: ["SNMP", "A second way to ask and set it, mostly with a password everybody knows."],
  bonjour: ["Announces itself (Bonjour)", "It tells the whole network that it is there."],
  multicast: ["Multicast video", "It sends its video to every device at home."],
  mail: ["Sends mail", "Its own mails, often unencrypted."],
  ftp: ["FTP", "Sends or serves files unencrypted."],
  telnet: ["Telnet", "A back door that passwords cross in the clear."],
  ssh: ["SSH", "A door for technicians."],
  http: ["Page over plain HTTP", "Passwords can be read on the way."],
  https: ["Page over HTTPS", "Passwords are encrypted on the way."],
  rtsp: ["RTSP video", "How Hearthwatch gets its video."],
  rtmp: ["RTMP video", "Another way to its video, without encryption."],
  onvif: ["ONVIF", "How other recorders talk to it."],
  "onvif-login": ["ONVIF asks for a password", "Off, anybody at home may use ONVIF."],
  lockout: ["Locks out after wrong passwords", "Guessing passwords takes for ever."],
  "auto-reboot": ["Restarts by itself", "Once a week, mostly; a hole in the recording each time."],
};
export const serviceName = (service: string): string => SERVICES[service]?.[0] ?? capital(service);
export const serviceWhy = (service: string): string => SERVICES[service]?.[1] ?? "";

/** A button's words: the house's own, but services as people say them. */
export const offerLabel = (offer: Offer): string =>
  offer.kind === "service-off" ? `Switch off: ${serviceName(offer.subject)}` : offer.kind === "service-on" ? `Switch on: ${serviceName(offer.subject)}` : offer.label;

export const accountNote = (account: Account): string =>
  [account.is_ours ? "Hearthwatch logs in with it" : "", account.is_admin ? "may do everything" : account.group, account.is_built_in ? "built in" : ""].filter(Boolean).join(" · ");

export function visitNote(visit: Visit): string {
  const { from, place } = whence(visit);
  return [from, place, visit.via].filter(Boolean).join(" · ");
}

/** Somebody from elsewhere who is in the camera at this moment. */
export const isStranger = (visit: Visit): boolean => visit.address !== null && !visit.at_home && !isLoopback(visit.address);

export const canDo = (door: Door | null, kind: string): boolean => door?.actions.some((action) => action.kind === kind && !action.why_not) ?? false;
