/** Settings as a person reads them: names, units, groups, and what was changed and not saved yet. No page in here. */

import type { Change, Config, KeyInfo, Mistake, Path, Section, SectionInfo, Value } from "./api";

export const idOf = (path: Path): string => path.join("\u0000");

const NAMES: Record<string, string> = {
  main: "Main stream",
  sub: "Small stream",
  snapshot: "Single picture",
  tls: "Encryption (TLS)",
  ca: "Authority’s certificate",
  p2p: "P2P cloud",
  ddns: "Dynamic DNS",
  upnp: "UPnP",
  snmp: "SNMP",
  ntp: "Clock by NTP",
  ble: "Bluetooth",
  poll_s: "Asked every",
  every_s: "Every",
  every_h: "Every",
  to: "Goes to",
  at: "At",
  url: "Address",
  off_url: "Address to switch off",
  on_url: "Address to switch on",
  api_base: "Address of the Bot API",
  qos: "QoS",
  min_score: "Lowest score",
  min_area_frac: "Smallest size",
  sensitivity_frac: "Sensitivity",
  gpio: "GPIO",
  mqtt: "MQTT",
  smtp_port: "SMTP port",
  ftp_port: "FTP port",
  https_port: "HTTPS port",
  led_pin: "LED pin",
  onvif_password: "ONVIF password",
  https: "HTTPS",
  host_key: "Server’s fingerprint",
  max_per_s: "Most pictures looked at",
  max_per_minute: "Most files",
  max_gib: "Most space",
  max_mib: "Largest file",
  max_mib_per_day: "Most of it",
  free_gib: "Left free",
  timezone: "Time zone",
  networks: "Networks",
  misses: "Missed before it is told",
  cgi: "CGI addresses",
  http: "HTTP",
};
const UNITS: [RegExp, string][] = [
  [/_mib_per_day$/, "MiB a day"],
  [/_per_minute$/, "a minute"],
  [/_mbit_s$/, "Mbit/s"],
  [/_per_s$/, "a second"],
  [/_frac$/, "%"],
  [/_minutes$/, "minutes"],
  [/_hours$|_h$/, "hours"],
  [/_days$/, "days"],
  [/_gib$/, "GiB"],
  [/_mib$/, "MiB"],
  [/_px$/, "px"],
  [/_s$/, "seconds"],
];

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export const unitOf = (name: string): string => UNITS.find(([end]) => end.test(name))?.[1] ?? "";

/** What a key is called: its name in words, without its unit. */
export function titleOf(name: string): string {
  const known = NAMES[name];
  if (known) return known;
  const end = UNITS.find(([each]) => each.test(name))?.[0];
  return capital((end ? name.replace(end, "") : name).replaceAll("_", " "));
}

const SECTIONS: Record<string, string> = {
  home: "The house",
  motion: "Motion",
  sight: "What the lens shows",
  events: "Events",
  trigger: "Sensor",
  alarms: "The camera’s own alarms",
  health: "Health",
  alerts: "What is told",
  door: "The camera’s own door",
  logins: "Log-ins at the camera",
  logs: "The camera’s log",
  power: "Smart plug",
  copies: "Copies of its settings",
  baseline: "How it should be set",
  porch: "Mails and uploads",
  card: "Memory card",
  keep: "How long footage stays",
  detect: "Detector",
  telegram: "Telegram",
  email: "E-mail",
  apprise: "Other services (Apprise)",
  webhook: "Webhook",
  arming: "Arming",
  presence: "Who is home",
  storage: "Storage",
  web: "The page",
  audit: "Audit of the cameras",
  heartbeat: "Sign of life",
  connectivity: "Connection guard",
  mqtt: "MQTT and Home Assistant",
  syslog: "Syslog",
  offsite: "Copies elsewhere",
  gpio: "Pin of this Raspberry Pi",
  camera: "Siren, light or relay of a camera",
  when: "When it is switched",
};
const MODES: Record<string, string> = { away: "When away", home: "When at home", disarmed: "When disarmed", disabled: "When disabled" };

/** What a section is called below the page it stands on. */
export function sectionTitle(section: { path: Path; pattern: Path }): string {
  const { path, pattern } = section;
  const last = path.at(-1) ?? "";
  const kind = pattern.at(-2) ?? "";
  if (pattern.at(-1) === "NAME") {
    if (kind === "labels") return `Label: ${last}`;
    if (kind === "zones") return `Zone: ${last}`;
    if (kind === "camera") return "General";
    if (kind === "schedule") return `Schedule: ${last}`;
    if (kind === "people") return `Person: ${last}`;
    if (kind === "action") return `Action: ${last}`;
    if (kind === "targets") return `Place for copies: ${last}`;
  }
  if (path.length === 1 && last === "camera_defaults") return "General";
  if (kind === "modes") return MODES[last] ?? last;
  const title = SECTIONS[last] ?? capital(last);
  return pattern[0] === "action" ? `${path[1]}: ${title}` : title;
}

export interface Group {
  id: string;
  title: string;
  /** Whether a section or secret belongs here. */
  holds: (path: Path) => boolean;
}

const PLAIN: [string, string, string[]][] = [
  ["house", "The house", ["home", "detect"]],
  ["alerts", "Alerts", ["alerts", "mqtt", "heartbeat", "syslog"]],
  ["arming", "Arming and people", ["arming", "presence", "people"]],
  ["storage", "Storage and copies", ["storage", "offsite"]],
  ["actions", "Actions", ["action"]],
  ["network", "Network and audit", ["web", "proxy", "restream", "connectivity", "porch", "audit"]],
];

/** The pages of the settings, in the order they are shown. Whatever a later program knows and this page does not is the last. */
export function groupsOf(config: Config, nameOf: (camera: string) => string): Group[] {
  const plain = PLAIN.map(([id, title, heads]): Group => ({ id, title, holds: (path) => heads.includes(path[0] ?? "") }));
  const cameras = [...new Set(config.sections.filter((section) => section.path[0] === "camera").map((section) => section.path[1] ?? ""))];
  const known = new Set([...PLAIN.flatMap(([, , heads]) => heads), "camera", "camera_defaults"]);
  const groups: Group[] = [
    ...plain.slice(0, 1),
    { id: "camera_defaults", title: "All cameras", holds: (path) => path[0] === "camera_defaults" },
    ...cameras.map((camera): Group => ({ id: `camera.${camera}`, title: nameOf(camera), holds: (path) => path[0] === "camera" && path[1] === camera })),
    ...plain.slice(1),
  ];
  if (config.sections.some((section) => !known.has(section.path[0] ?? ""))) groups.push({ id: "more", title: "More", holds: (path) => !known.has(path[0] ?? "") });
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
  const text = `${titleOf(key.name)} ${sectionTitle(section)} ${dotted(section.path)}.${key.name} ${key.doc}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** A share as per cent without the noise of binary fractions, and back. */
export const toPercent = (frac: number): number => Number((frac * 100).toPrecision(10));
export const fromPercent = (percent: number): number => Number((percent / 100).toPrecision(10));

export function shownValue(value: Value, key: { name: string; kind: string }): string {
  if (value === null) return "not set";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") {
    const unit = unitOf(key.name);
    return unit === "%" ? `${toPercent(value)} %` : `${value}${unit ? ` ${unit}` : ""}`;
  }
  if (Array.isArray(value)) {
    if (key.kind === "polygon") return `${value.length} corners`;
    if (key.kind === "polygons") return value.length === 1 ? "1 area" : `${value.length} areas`;
    return value.length ? value.join(", ") : "none";
  }
  return value === "" ? "empty" : value;
}
