/** Settings as a person reads them: names, units, groups, and what was changed and not saved yet. No page in here. */

import { seen } from "../labels";
import { plural, said, t } from "../words";
import { percent } from "../words/figures";
import type { Change, Config, KeyInfo, Mistake, Path, Section, SectionInfo, Value } from "./api";
import { own } from "../own";
import { helped, titleIn } from "./help";

export const idOf = (path: Path): string => path.join("\u0000");

const NAMES: Record<string, string> = {
  main: said("Main stream"),
  sub: said("Small stream"),
  snapshot: said("Single picture"),
  tls: said("Encryption (TLS)"),
  ca: said("Authority’s certificate"),
  p2p: said("P2P cloud"),
  ddns: said("Dynamic DNS"),
  upnp: said("UPnP"),
  snmp: said("SNMP"),
  ntp: said("Clock by NTP"),
  ble: said("Bluetooth"),
  poll_s: said("Asked every"),
  every_s: said("Every"),
  every_h: said("Every"),
  to: said("Goes to"),
  at: said("At"),
  url: said("Address"),
  off_url: said("Address to switch off"),
  on_url: said("Address to switch on"),
  api_base: said("Address of the Bot API"),
  qos: said("QoS"),
  min_score: said("Lowest score"),
  min_area_frac: said("Smallest size"),
  sensitivity_frac: said("Sensitivity"),
  gpio: said("GPIO"),
  mqtt: said("MQTT"),
  smtp_port: said("SMTP port"),
  ftp_port: said("FTP port"),
  https_port: said("HTTPS port"),
  led_pin: said("LED pin"),
  onvif_password: said("ONVIF password"),
  https: said("HTTPS"),
  host_key: said("Server’s fingerprint"),
  max_per_s: said("Most pictures looked at"),
  max_per_minute: said("Most files"),
  max_gib: said("Most space"),
  max_mib: said("Largest file"),
  max_mib_per_day: said("Most of it"),
  free_gib: said("Left free"),
  timezone: said("Time zone"),
  networks: said("Networks"),
  misses: said("Missed before it is told"),
  cgi: said("CGI addresses"),
  http: said("HTTP"),
};
const UNITS: [RegExp, string][] = [
  [/_mib_per_day$/, said("MiB a day")],
  [/_per_minute$/, said("a minute")],
  [/_mbit_s$/, "Mbit/s"],
  [/_per_s$/, said("a second")],
  [/_frac$/, "%"],
  [/_minutes$/, said("minutes")],
  [/_hours$|_h$/, said("hours")],
  [/_days$/, said("days")],
  [/_gib$/, "GiB"],
  [/_mib$/, "MiB"],
  [/_px$/, "px"],
  [/_s$/, said("seconds")],
];

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function unitOf(name: string): string {
  const unit = UNITS.find(([end]) => end.test(name))?.[1];
  return unit ? t(unit) : "";
}

/** What a key is called: its name in words, without its unit. */
export function titleOf(name: string): string {
  const known = titleIn(name) ?? own(NAMES, name);
  if (known) return t(known);
  const end = UNITS.find(([each]) => each.test(name))?.[0];
  return capital((end ? name.replace(end, "") : name).replaceAll("_", " "));
}

const SECTIONS: Record<string, string> = {
  home: said("The house"),
  motion: said("Motion"),
  sight: said("What the lens shows"),
  events: said("Events"),
  trigger: said("Sensor"),
  alarms: said("The camera’s own alarms"),
  health: said("Health"),
  alerts: said("What is told"),
  door: said("The camera’s own door"),
  logins: said("Log-ins at the camera"),
  logs: said("The camera’s log"),
  power: said("Smart plug"),
  copies: said("Copies of its settings"),
  baseline: said("How it should be set"),
  porch: said("Mails and uploads"),
  card: said("Memory card"),
  keep: said("How long footage stays"),
  detect: said("Detector"),
  telegram: said("Telegram"),
  email: said("E-mail"),
  apprise: said("Other services (Apprise)"),
  webhook: said("Webhook"),
  arming: said("Arming"),
  presence: said("Who is home"),
  storage: said("Storage"),
  web: said("The page"),
  audit: said("Audit of the cameras"),
  heartbeat: said("Sign of life"),
  connectivity: said("Connection guard"),
  mqtt: said("MQTT and Home Assistant"),
  syslog: said("Syslog"),
  offsite: said("Copies elsewhere"),
  gpio: said("Pin of this Raspberry Pi"),
  camera: said("Siren, light or relay of a camera"),
  when: said("When it is switched"),
  updates: said("Newer releases"),
  hub: said("Hub of other houses"),
  node: said("Node of a hub"),
  bucket: said("Bucket for footage"),
  sites: said("Sites"),
};
const MODES: Record<string, string> = { away: said("When away"), home: said("When at home"), disarmed: said("When disarmed"), disabled: said("When disabled") };

/** What a section is called below the page it stands on. */
export function sectionTitle(section: { path: Path; pattern: Path }): string {
  const { path, pattern } = section;
  const last = path.at(-1) ?? "";
  const kind = pattern.at(-2) ?? "";
  if (pattern.at(-1) === "NAME") {
    if (kind === "labels") return t("Label: {name}", { name: seen(last) });
    if (kind === "zones") return t("Zone: {name}", { name: last });
    if (kind === "camera") return t("General");
    if (kind === "schedule") return t("Schedule: {name}", { name: last });
    if (kind === "people") return t("Person: {name}", { name: last });
    if (kind === "action") return t("Action: {name}", { name: last });
    if (kind === "targets") return t("Place for copies: {name}", { name: last });
  }
  if (path.length === 1 && last === "camera_defaults") return t("General");
  if (kind === "modes") return t(own(MODES, last) ?? last);
  const title = t(own(SECTIONS, last) ?? capital(last));
  return pattern[0] === "action" ? `${path[1]}: ${title}` : title;
}

export interface Group {
  id: string;
  title: string;
  /** Whether a section or secret belongs here. */
  holds: (path: Path) => boolean;
}

const PLAIN: [string, string, string[]][] = [
  ["house", said("The house"), ["home", "detect", "updates"]],
  ["alerts", said("Alerts"), ["alerts", "mqtt", "heartbeat", "syslog"]],
  ["arming", said("Arming and people"), ["arming", "presence", "people"]],
  ["storage", said("Storage and copies"), ["storage", "offsite"]],
  ["actions", said("Actions"), ["action"]],
  ["network", said("Network and audit"), ["web", "proxy", "restream", "connectivity", "porch", "audit", "hub", "node"]],
];

/** The pages of the settings, in the order they are shown. Whatever a later program knows and this page does not is the last. */
export function groupsOf(config: Config, nameOf: (camera: string) => string): Group[] {
  const plain = PLAIN.map(([id, title, heads]): Group => ({ id, title: t(title), holds: (path) => heads.includes(path[0] ?? "") }));
  const cameras = [...new Set(config.sections.filter((section) => section.path[0] === "camera").map((section) => section.path[1] ?? ""))];
  const known = new Set([...PLAIN.flatMap(([, , heads]) => heads), "camera", "camera_defaults"]);
  const groups: Group[] = [
    ...plain.slice(0, 1),
    { id: "camera_defaults", title: t("All cameras"), holds: (path) => path[0] === "camera_defaults" },
    ...cameras.map((camera): Group => ({ id: `camera.${camera}`, title: nameOf(camera), holds: (path) => path[0] === "camera" && path[1] === camera })),
    ...plain.slice(1),
  ];
  if (config.sections.some((section) => !known.has(section.path[0] ?? ""))) groups.push({ id: "more", title: t("More"), holds: (path) => !known.has(path[0] ?? "") });
  return groups;
}

export type Pending = ReadonlyMap<string, Change>;

/** Two values that are the same setting. */
export const same = (a: Value | undefined, b: Value | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

/** `pending` with one more change; one that changes nothing is taken out. */
export function withChange(pending: Pending, path: Path, value: Value, now: { value: Value; source: string } | undefined): Pending {
  const next = new Map(pending);
  const nothing = value === null ? !now || now.source !== "file" : now !== undefined && now.source === "file" && same(now.value, value);
  if (nothing) next.delete(idOf(path));
  else next.set(idOf(path), { path, value });
  return next;
}

export function without(pending: Pending, path: Path): Pending {
  const prefix = idOf(path);
  return new Map([...pending].filter(([id]) => id !== prefix && !id.startsWith(`${prefix}\u0000`)));
}

const fits = (pattern: Path, path: Path): boolean => pattern.length === path.length && pattern.every((part, at) => part === "NAME" || part === path[at]);

/** The sections there are, with those that unsaved changes make. */
export function sectionsWith(config: Config, pending: Pending): Section[] {
  const found = new Map(config.sections.map((section) => [idOf(section.path), section]));
  const made: Section[] = [];
  const make = (info: SectionInfo, path: Path): void => {
    if (found.has(idOf(path))) return;
    const section: Section = { path: [...path], pattern: info.pattern, values: Object.fromEntries(info.keys.map((key) => [key.name, { value: key.default, source: "default" as const }])) };
    found.set(idOf(path), section);
    made.push(section);
  };
  for (const change of pending.values()) {
    if (change.value === null || change.value === false) continue;
    const owner = config.infos.find((info) => fits(info.pattern, change.path)) ?? config.infos.find((info) => fits(info.pattern, change.path.slice(0, -1)));
    if (!owner) continue;
    const named = owner.pattern.lastIndexOf("NAME") + 1;
    const root = change.path.slice(0, named);
    for (const info of config.infos) {
      if (named && info.pattern.length >= named && fits(info.pattern.slice(0, named), root) && !info.pattern.slice(named).includes("NAME")) make(info, [...root, ...info.pattern.slice(named)]);
    }
  }
  return [...config.sections, ...made].filter((section) => !isGone(section.path, pending));
}

/** Whether an unsaved change takes this section away. */
export function isGone(path: Path, pending: Pending): boolean {
  for (let length = 2; length <= path.length; length++) {
    const change = pending.get(idOf(path.slice(0, length)));
    if (change && (change.value === null || change.value === false)) return true;
  }
  return false;
}

export const infoOf = (config: Config, section: Section): SectionInfo | undefined => config.infos.find((info) => idOf(info.pattern) === idOf(section.pattern));

/** As the file and the checker write a key. */
export const dotted = (path: Path): string => path.map((part) => (/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part))).join(".");

/** Mistakes at this key, or inside of its value. */
export function mistakesAt(path: Path, mistakes: readonly Mistake[]): Mistake[] {
  const key = dotted(path);
  return mistakes.filter((mistake) => mistake.key === key || mistake.key.startsWith(`${key}[`));
}

export function matches(query: string, section: Section, key: KeyInfo): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${titleOf(key.name)} ${sectionTitle(section)} ${dotted(section.path)}.${key.name} ${key.doc} ${helped(key.doc)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A share as per cent without the noise of binary fractions, and back. */
export const toPercent = (frac: number): number => Number((frac * 100).toPrecision(10));
export const fromPercent = (percent: number): number => Number((percent / 100).toPrecision(10));

export function shownValue(value: Value, key: { name: string; kind: string }): string {
  if (value === null) return t("not set");
  if (typeof value === "boolean") return value ? t("on") : t("off");
  if (typeof value === "number") {
    const unit = unitOf(key.name);
    const digits = String(toPercent(value)).split(".")[1]?.length ?? 0;
    return unit === "%" ? percent(value, digits) : `${value}${unit ? ` ${unit}` : ""}`;
  }
  if (Array.isArray(value)) {
    if (key.kind === "polygon") return plural(value.length, "1 corner", "{n} corners");
    if (key.kind === "polygons") return plural(value.length, "1 area", "{n} areas");
    return value.length ? value.map((each) => (typeof each === "string" ? seen(each) : String(each))).join(", ") : t("none");
  }
  return value === "" ? t("empty") : value;
}
