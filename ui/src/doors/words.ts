/** Words for what happens at a camera's own door, as a tired owner understands them. */

import { capital } from "../format";
import { said, t } from "../words";
import { told } from "../words/told";
import { own } from "../own";
import type { Account, Door, Known, Login, Offer, RepairState, Visit } from "./api";

/** How loud something is: `good` is quiet green, `warm` deserves a look, `bad` asks for something to be done. */
export type Tone = "good" | "quiet" | "warm" | "bad";

interface Words {
  tone: Tone;
  word: string;
  next: string;
}

const VERDICTS: Record<string, Words> = {
  own: { tone: "quiet", word: said("Hearthwatch"), next: "" },
  home: { tone: "good", word: said("At home"), next: said("A name you listed, from your own network. Nothing needs to be done.") },
  noted: { tone: "quiet", word: said("Noted"), next: said("Nothing needs to be done.") },
  outside: { tone: "bad", word: said("From outside"), next: said("Was it you or yours, away from home? Then all is well. If not: change the camera's password and end the visit, then look at its accounts.") },
  "place-unknown": { tone: "bad", word: said("Place unknown"), next: said("The camera does not say from where. If it was not you or yours: change the camera's password and end the visit, then look at its accounts.") },
  "unknown-user": { tone: "bad", word: said("Unknown user"), next: said("If nobody of yours did that: change the camera's password and end the visit, then look at its accounts.") },
  "our-account": { tone: "bad", word: said("Our account misused"), next: said("Nobody but Hearthwatch should use this account: change the camera's password and end the visit, then look at its accounts.") },
  failed: {
    tone: "warm",
    word: said("Did not get in"),
    next: said("One or two are a slip of the finger. If there are more: block the address, and see that the camera cannot be reached from the Internet."),
  },
  locked: { tone: "warm", word: said("Locked out"), next: said("Somebody guesses passwords. The camera holds him off for a while; see that it cannot be reached from the Internet.") },
  "account-added": { tone: "bad", word: said("New account"), next: said("If it was not you: remove that account, and change the password of every other one.") },
  "account-changed": { tone: "bad", word: said("Account changed"), next: said("If it was not you: change the passwords and look at what each account may do.") },
  "account-removed": { tone: "bad", word: said("Account removed"), next: said("If it was not you: change the passwords and see that you can still log in.") },
  "password-changed": { tone: "bad", word: said("Password changed"), next: said("If it was not you: change it back at once, or reset the camera at the camera itself.") },
  "settings-changed": {
    tone: "bad",
    word: said("Settings changed"),
    next: said("Nobody ordered that here. See under Settings what changed, and put it back. If nobody of yours did it: change the camera's password and end the visit."),
  },
  "log-cleared": { tone: "bad", word: said("Log cleared"), next: said("Clearing a log hides what was done before. If it was not you: change the password. What Hearthwatch saw before is kept here.") },
  "log-gap": { tone: "warm", word: said("Log has a hole"), next: said("What stood there and was not read yet is lost. If nobody restarted or emptied it, look at the camera's accounts and settings.") },
};
const UNKNOWN: Words = { tone: "warm", word: "", next: "" };

export const tone = (verdict: string): Tone => (own(VERDICTS, verdict) ?? UNKNOWN).tone;
export const verdictWord = (verdict: string): string => t(own(VERDICTS, verdict)?.word ?? capital(verdict.replaceAll("-", " ")));
export const nextStep = (verdict: string): string => t((own(VERDICTS, verdict) ?? UNKNOWN).next);

/** What can be picked above the list, and the verdicts each stands for. */
export const GROUPS: [string, string, readonly string[]][] = [
  ["", said("All"), []],
  ["foreign", said("Foreign"), ["outside", "place-unknown", "unknown-user", "our-account"]],
  ["failed", said("Did not get in"), ["failed", "locked"]],
  ["door", said("Changes to the door"), ["account-added", "account-changed", "account-removed", "password-changed", "settings-changed", "log-cleared", "log-gap"]],
  ["home", said("At home"), ["home", "noted"]],
];
export const verdictsOf = (group: string): readonly string[] => GROUPS.find(([key]) => key === group)?.[2] ?? [];

/** Somebody who should not be there, or a hand on the lock: stands out and marks the rail. */
export const isForeign = (login: Login): boolean => tone(login.verdict) === "bad";

const ACTIONS: Record<string, string> = {
  login: said("{who} logged in"),
  logout: said("{who} logged out"),
  denied: said("{who} was refused"),
  locked: said("{who} was locked out"),
  "account-added": said("{who} is a new account"),
  "account-changed": said("{who} had the account changed"),
  "account-removed": said("{who} had the account removed"),
  "password-changed": said("{who} has a new password"),
  "log-cleared": said("{who} cleared the log"),
  "settings-changed": said("{who} changed settings"),
  "clock-set": said("{who} set the clock"),
  restarted: said("{who} restarted the camera"),
};
/** Lines of a log say who did it, a comparison of accounts whom it was done to. */
const BY: Record<string, string> = {
  "account-added": said("{who} added an account"),
  "account-changed": said("{who} changed an account"),
  "account-removed": said("{who} removed an account"),
  "password-changed": said("{who} changed a password"),
};

/** "admin logged in", "somebody was refused 12 times". */
export function deed(login: Login, times = 1): string {
  if (login.action === "log-gap") return t("Lines are missing from the camera's log");
  if (login.action === "restarted" && !login.user) return t("The camera restarted");
  const who = login.user || t("Somebody");
  const known = (login.source === "accounts" ? undefined : own(BY, login.action)) ?? own(ACTIONS, login.action);
  const done = known ? t(known, { who }) : `${who} ${login.code || login.action}`;
  return times > 1 ? t("{deed} {n} times", { deed: done, n: times }) : done;
}

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

/** "203.0.113.9", "outside", and the name of the address where there is one. */
export function whence(one: Pick<Login, "address" | "origin" | "at_home"> & { name?: string }): { from: string; place: string; name: string } {
  if (one.address === null) return { from: one.origin, place: one.origin ? "" : t("place unknown"), name: "" };
  const place = one.at_home ? t("at home") : isLoopback(one.address) ? t("through the camera itself, or its maker's cloud") : t("outside");
  return { from: one.address, place, name: one.name ?? "" };
}

const SOURCES: Record<string, string> = {
  log: said("The camera's log"),
  session: said("The camera's list of visitors"),
  event: said("An alarm of the camera"),
  accounts: said("A look at the camera's accounts"),
  watch: said("Hearthwatch, looking at the log"),
};
export const sourceName = (source: string): string => t(own(SOURCES, source) ?? capital(source));

/** What helps against a log-in, most useful first; whether the camera can do it, it says when asked. */
export function offers(login: Login): Offer[] {
  if (!isForeign(login) && login.verdict !== "failed" && login.verdict !== "locked") return [];
  const found: Offer[] = [];
  const add = (kind: string, subject: string, label: string): void => void found.push({ kind, camera: login.camera, subject, value: "", label });
  if (login.verdict === "account-added" && login.source === "accounts" && login.user) add("remove-account", login.user, t("Remove the account {user}", { user: login.user }));
  else if (login.user && tone(login.verdict) === "bad" && login.action === "login") add("change-password", login.user, t("Change the password of {user}", { user: login.user }));
  else if (tone(login.verdict) === "bad") add("change-password", "", t("Change the password"));
  if (login.address && !login.at_home && !isLoopback(login.address) && !login.address.includes(":")) add("block-address", login.address, t("Block {address}", { address: login.address }));
  return found;
}

const spoken = (found: { tone: Tone; word: string }): { tone: Tone; word: string } => ({ tone: found.tone, word: t(found.word) });

const REACHES: Record<string, { tone: Tone; word: string }> = {
  open: { tone: "good", word: said("Watched") },
  gone: { tone: "bad", word: said("Does not answer") },
  refused: { tone: "bad", word: said("Refuses our password") },
  stranger: { tone: "bad", word: said("Another device answers") },
  "unknown-family": { tone: "warm", word: said("Unknown make") },
  failed: { tone: "bad", word: said("Cannot be asked") },
  "not-watched": { tone: "quiet", word: said("Not watched") },
  "not-yet": { tone: "quiet", word: said("Not asked yet") },
};
export const reach = (known: Known): { tone: Tone; word: string } => spoken(own(REACHES, known.reach) ?? { tone: "warm", word: capital(known.reach.replaceAll("-", " ")) });

const VENDORS: Record<string, string> = {
  "foscam-mjpeg": said("Foscam, first generation"),
  "foscam-hd": said("Foscam HD"),
  dahua: said("Dahua or Amcrest"),
  reolink: said("Reolink"),
  onvif: said("ONVIF"),
  auto: said("not known yet"),
  none: said("left alone"),
};
export const vendorName = (vendor: string): string => t(own(VENDORS, vendor) ?? capital(vendor));

const STATES: Record<RepairState, { tone: Tone; word: string }> = {
  asked: { tone: "quiet", word: said("Asked, not answered") },
  declined: { tone: "quiet", word: said("Not wanted") },
  expired: { tone: "quiet", word: said("Not answered") },
  running: { tone: "warm", word: said("Under way") },
  done: { tone: "good", word: said("Done") },
  failed: { tone: "bad", word: said("Did not work") },
  impossible: { tone: "warm", word: said("Not possible") },
  unfinished: { tone: "bad", word: said("Broken off") },
};
export const outcome = (state: RepairState): { tone: Tone; word: string } => spoken(STATES[state] ?? { tone: "quiet", word: capital(state) });

/** "page owner", "telegram 12" and so on, as people say it. */
export function asker(who: string): string {
  const [way = "", ...rest] = who.split(" ");
  const name = rest.join(" ");
  if (way === "page") return t("{name} on the page", { name });
  if (way === "telegram") return name ? t("{name} on Telegram", { name }) : t("somebody on Telegram");
  if (way === "terminal") return t("somebody at the machine itself");
  if (way === "system") return "Hearthwatch";
  return who;
}

const SERVICES: Record<string, [string, string]> = {
  p2p: [said("Maker's cloud (P2P)"), said("The camera calls its maker, through whom anybody with its number may try to get in.")],
  upnp: [said("Opens the router (UPnP)"), said("The camera opens your router to the Internet by itself.")],
  ddns: [said("Name on the Internet (DDNS)"), said("The camera tells the Internet where it is.")],
  snmp: [said("SNMP"), said("A second way to ask and set it, mostly with a password everybody knows.")],
  bonjour: [said("Announces itself (Bonjour)"), said("It tells the whole network that it is there.")],
  multicast: [said("Multicast video"), said("It sends its video to every device at home.")],
  mail: [said("Sends mail"), said("Its own mails, often unencrypted.")],
  ftp: [said("FTP"), said("Sends or serves files unencrypted.")],
  telnet: [said("Telnet"), said("A back door that passwords cross in the clear.")],
  ssh: [said("SSH"), said("A door for technicians.")],
  http: [said("Page over plain HTTP"), said("Passwords can be read on the way.")],
  https: [said("Page over HTTPS"), said("Passwords are encrypted on the way.")],
  rtsp: [said("RTSP video"), said("How Hearthwatch gets its video.")],
  rtmp: [said("RTMP video"), said("Another way to its video, without encryption.")],
  onvif: [said("ONVIF"), said("How other recorders talk to it.")],
  "onvif-login": [said("ONVIF asks for a password"), said("Off, anybody at home may use ONVIF.")],
  lockout: [said("Locks out after wrong passwords"), said("Guessing passwords takes for ever.")],
  "auto-reboot": [said("Restarts by itself"), said("Once a week, mostly; a hole in the recording each time.")],
};
export const serviceName = (service: string): string => t(own(SERVICES, service)?.[0] ?? capital(service));
export const serviceWhy = (service: string): string => t(own(SERVICES, service)?.[1] ?? "");

/** A button's words: the house's own, but services as people say them. */
export const offerLabel = (offer: Offer): string =>
  offer.kind === "service-off" ? t("Switch off: {service}", { service: serviceName(offer.subject) }) : offer.kind === "service-on" ? t("Switch on: {service}", { service: serviceName(offer.subject) }) : told(offer.label);

export const accountNote = (account: Account): string =>
  [account.is_ours ? t("Hearthwatch logs in with it") : "", account.is_admin ? t("may do everything") : account.group, account.is_built_in ? t("built in") : ""].filter(Boolean).join(" · ");

export function visitNote(visit: Visit): string {
  const { from, place } = whence(visit);
  return [from, place, visit.via].filter(Boolean).join(" · ");
}

/** Somebody from elsewhere who is in the camera at this moment. */
export const isStranger = (visit: Visit): boolean => visit.address !== null && !visit.at_home && !isLoopback(visit.address);

export const canDo = (door: Door | null, kind: string): boolean => door?.actions.some((action) => action.kind === kind && !action.why_not) ?? false;
