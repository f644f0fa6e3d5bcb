/** Numbers and times as a person reads them. */

import { seen } from "./labels";
import { said, t } from "./words";
import { own } from "./own";
import { dates, figure } from "./words/figures";

const US = 1000;

const longDay = dates({ weekday: "long", day: "numeric", month: "long" });

export const clock = dates({ hour: "numeric", minute: "2-digit" });
export const clockZone = dates({ hour: "numeric", minute: "2-digit", timeZoneName: "short" });
export const shortDay = dates({ weekday: "short", day: "numeric", month: "short" });
export const clockSeconds = dates({ hour: "numeric", minute: "2-digit", second: "2-digit" });

export function startOfDay(at_us: number): number {
  const day = new Date(at_us / US);
  day.setHours(0, 0, 0, 0);
  return day.getTime() * US;
}

export function addDays(day_us: number, days: number): number {
  const day = new Date(day_us / US);
  day.setDate(day.getDate() + days); // a day has 23 or 25 hours twice a year
  return day.getTime() * US;
}

export function dayName(at_us: number, now_us: number): string {
  const day = startOfDay(at_us);
  const today = startOfDay(now_us);
  if (day === today) return t("Today");
  if (day === addDays(today, -1)) return t("Yesterday");
  return longDay(at_us);
}

const HOUR_US = 3600e6;
const SPANS_H = [1, 3, 6, 12, 24];

/** The shortest usual span, in hours, that goes back to `since_us`; a day at most. */
export const spanHours = (since_us: number, now_us: number): number => SPANS_H.find((hours) => now_us - hours * HOUR_US <= since_us) ?? 24;

/** Even moments of the local clock within a range, about six to eight of them. */
export function ticks(from_us: number, to_us: number): number[] {
  const minutes = [5, 10, 30, 60, 120, 180].find((each) => (to_us - from_us) / (each * 60e6) <= 8.01) ?? 180;
  const found: number[] = [];
  for (let at = startOfDay(from_us); at < to_us; at += minutes * 60e6) if (at >= from_us) found.push(at);
  return found;
}

/** "14:03" today, "Yesterday 14:03", "Tue 3 Nov 14:03" before. */
export function moment(at_us: number, now_us: number): string {
  const day = startOfDay(at_us);
  const today = startOfDay(now_us);
  if (day === today) return clock(at_us);
  if (day === addDays(today, -1)) return t("Yesterday {time}", { time: clock(at_us) });
  return `${shortDay(at_us)} ${clock(at_us)}`;
}

export const momentSeconds = dates({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit", second: "2-digit" });
/** What a camera's clock showed, which knows no zone; with the year, as it may well be 1970. */
export const localMoment = dates({
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});

const asked = (us: number, days: (n: number) => string): string => {
  const s = Math.max(0, Math.round(us / 1e6));
  if (s < 1) return t("under 1 s");
  if (s < 90) return t("{n} s", { n: s });
  const min = Math.round(s / 60);
  if (min < 90) return t("{n} min", { n: min });
  const h = Math.floor(min / 60);
  if (h < 36) return min % 60 ? t("{h} h {min} min", { h, min: min % 60 }) : t("{n} h", { n: h });
  return days(Math.round(h / 24));
};

/** "3 s", "12 min", "2 h 5 min", "4 days". */
export const lasted = (us: number): string => asked(us, (n) => t("{n} days", { n }));

/** A time as it stands behind "for" and before "ago", where other languages bend it. */
const bent = (us: number): string => asked(us, (n) => t("{n} days|behind for, before ago", { n }));

/** How long something has lasted that goes on: "for 4 days". */
export const going = (us: number): string => t("for {time}", { time: bent(us) });

export function ago(at_us: number, now_us: number): string {
  const us = now_us - at_us;
  return us < 5e6 ? t("just now") : t("{time} ago", { time: bent(us) });
}

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${figure(value, value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** How long footage fits: one decimal while it is short, nothing exact beyond a year. */
export function fits(days: number): string {
  if (days > 366) return t("over a year");
  return t("{n} days", { n: figure(days, days < 10 ? 1 : 0) });
}

export const millis = (ms: number): string => (ms < 1000 ? t("{n} ms", { n: Math.round(ms) }) : t("{n} s", { n: figure(ms / 1000, 1) }));

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const CODECS: Record<string, string> = { h264: "H.264", h265: "H.265", mjpeg: "MJPEG", mpeg4: "MPEG-4" };
export const codecName = (codec: string | null): string => (codec ? (own(CODECS, codec) ?? codec) : t("not known yet"));

const GAPS: Record<string, string> = {
  camera: said("The camera gave no video"),
  network: said("The camera did not answer"),
  refused: said("The camera refused the password"),
  disk: said("The disk failed or was full"),
  "disk-slow": said("The disk was too slow"),
  "clock-step": said("The clock was set"),
  changed: said("The camera changed its picture format"),
  discontinuity: said("The camera's own clock jumped"),
  stopped: said("Hearthwatch was stopped"),
  us: said("Hearthwatch was restarted"),
  private: said("Private"),
  mode: said("Not recorded in this mode of the house"),
};
export const gapCause = (reason: string): string => t(own(GAPS, reason) ?? capital(reason));

const FAULTS: Record<string, string> = {
  "camera-unreachable": said("Camera does not answer"),
  "camera-refused": said("Camera refuses the password"),
  "camera-bad-reply": said("Camera answers nonsense"),
  "camera-damaged": said("Camera sends damaged pictures"),
  "camera-unsupported": said("Camera sends what cannot be used"),
  "camera-covered": said("Camera shows nothing: covered?"),
  "camera-blurred": said("Camera is blurred"),
  "camera-turned": said("Camera shows another view: turned?"),
  "camera-frozen": said("Camera repeats one picture"),
  "camera-dark": said("Too dark for the camera"),
  "camera-stranger": said("Another device answers in the camera's place"),
  "door-unreachable": said("Camera's own page does not answer"),
  "door-refused": said("Camera's own page refuses the password"),
  "door-unreadable": said("Camera's log cannot be read"),
  "camera-tampered": said("Camera says that somebody tampers with it"),
  "camera-video-lost": said("Camera says that it has no picture"),
  "camera-address-conflict": said("Another device uses the camera's address"),
  "camera-network-lost": said("Camera lost the network"),
  "camera-restarted": said("Camera restarted"),
  "camera-clock": said("Camera's clock is wrong"),
  "camera-deaf": said("Camera's own alarms cannot be heard"),
  "sensor-lost": said("The sensor beside the camera cannot be read"),
  "card-missing": said("Camera finds no memory card"),
  "card-failed": said("Camera's memory card fails"),
  "card-full": said("Camera's memory card is full"),
  "camera-quarantined": said("Camera's picture crashed the viewer"),
  "disk-full": said("The disk is full"),
  "disk-broken": said("The disk fails"),
  "house-backup-failed": said("The daily backup of the house was not made"),
  "backup-late": said("Copies are late"),
  "backup-refused": said("A backup refuses our copies"),
  "backup-not-kept": said("A backup does not keep what it was sent"),
  "backup-lost": said("A backup has lost footage it had"),
  "footage-sacrificed": said("The full disk cost footage without a copy"),
  "process-restarted": said("A part of Hearthwatch was restarted"),
  "scout-deaf": said("Not everybody's phone is noticed"),
  "detector-basic": said("Only people are recognised"),
  "router-silent": said("The router does not answer"),
  "name-server-silent": said("Names are not resolved"),
  "internet-lost": said("The internet cannot be reached"),
  "broker-silent": said("The MQTT broker does not answer"),
  "service-silent": said("A service cannot be reached"),
  "action-failed": said("Something could not be switched on"),
  "action-stuck": said("Something cannot be switched off"),
  "node-silent": said("A machine is not heard of"),
  "hub-silent": said("The hub cannot be reached"),
  "hub-refused": said("The hub does not want this house any more"),
  "hub-stopped": said("The hub takes nothing from its nodes"),
  "certificate-wrong": said("The page's certificate needs you"),
  "heartbeat-lost": said("The sign of life does not get out"),
  "channel-dead": said("An alert channel does not work"),
  "config-wrong": said("The configuration has a mistake"),
  "porch-closed": said("Mails and uploads of cameras cannot be taken"),
  "porch-flooded": said("It leaves more mails or files than it may"),
};
export const faultName = (fault: string): string => t(own(FAULTS, fault) ?? capital(fault.replaceAll("-", " ")));

const STATES: Record<string, string> = {
  live: said("Live"),
  connecting: said("Connecting"),
  lost: said("Reconnecting"),
  refused: said("Password refused"),
  unsupported: said("Not supported"),
  quarantined: said("Set aside"),
  private: said("Private – not recorded"),
};
/** Live, or not shown because the owner wants it so. */
export const isWell = (state: string): boolean => state === "live" || state === "private";
export const stateName = (state: string): string => t(own(STATES, state) ?? capital(state));

const UNNAMED: Record<string, string> = { motion: said("Motion"), offline: said("Offline"), tamper: said("Tampering"), sensor: said("Sensor"), alarm: said("Alarm of the camera") };
/** What was seen: a label of the detector, or what kind of event it was where there is none. */
export const labelName = (kind: string, label: string): string => (label ? capital(seen(label)) : t(own(UNNAMED, kind) ?? capital(kind)));

/** Where a camera's packets go, in words; a mailbox is named after who reads it. */
export function boxName(name: string): string {
  const [reader, , stream] = name.split("/");
  if (reader === "house") return t("Live view");
  if (reader === "looker") return stream ? t("To the detector") : t("In the detector");
  if (reader === "writer") return t("Recording");
  return name;
}
