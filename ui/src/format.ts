/** Numbers and times as a person reads them. */

const US = 1000;

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const secondsFormat = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });

export const clock = (at_us: number): string => clockFormat.format(at_us / US);
export const shortDay = (at_us: number): string => shortDayFormat.format(at_us / US);
export const clockSeconds = (at_us: number): string => secondsFormat.format(at_us / US);

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
  if (day === today) return "Today";
  if (day === addDays(today, -1)) return "Yesterday";
  return dayFormat.format(at_us / US);
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
  if (day === addDays(today, -1)) return `Yesterday ${clock(at_us)}`;
  return `${shortDayFormat.format(at_us / US)} ${clock(at_us)}`;
}

const wholeFormat = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit", second: "2-digit" });
const localFormat = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});

export const momentSeconds = (at_us: number): string => wholeFormat.format(at_us / US);

/** What a camera's clock showed, which knows no zone; with the year, as it may well be 1970. */
export const localMoment = (local_us: number): string => localFormat.format(local_us / US);

/** "3 s", "12 min", "2 h 5 min", "4 days". */
export function lasted(us: number): string {
  const s = Math.max(0, Math.round(us / 1e6));
  if (s < 1) return "under 1 s";
  if (s < 90) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 90) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 36) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  const days = Math.round(h / 24);
  return `${days} days`;
}

export function ago(at_us: number, now_us: number): string {
  const us = now_us - at_us;
  return us < 5e6 ? "just now" : `${lasted(us)} ago`;
}

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** How long footage fits: one decimal while it is short, nothing exact beyond a year. */
export function fits(days: number): string {
  if (days > 366) return "over a year";
  return `${days < 10 ? days.toFixed(1) : Math.round(days)} days`;
}

export const millis = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const CODECS: Record<string, string> = { h264: "H.264", h265: "H.265", mjpeg: "MJPEG", mpeg4: "MPEG-4" };
export const codecName = (codec: string | null): string => (codec ? (CODECS[codec] ?? codec) : "not known yet");

const GAPS: Record<string, string> = {
  camera: "The camera gave no video",
  network: "The camera did not answer",
  refused: "The camera refused the password",
  disk: "The disk failed or was full",
  "disk-slow": "The disk was too slow",
  "clock-step": "The clock was set",
  changed: "The camera changed its picture format",
  discontinuity: "The camera's own clock jumped",
  stopped: "Hearthwatch was stopped",
  us: "Hearthwatch was restarted",
  private: "Private",
  mode: "Not recorded in this mode of the house",
};
export const gapCause = (reason: string): string => GAPS[reason] ?? capital(reason);

const FAULTS: Record<string, string> = {
  "camera-unreachable": "Camera does not answer",
  "camera-refused": "Camera refuses the password",
  "camera-bad-reply": "Camera answers nonsense",
  "camera-damaged": "Camera sends damaged pictures",
  "camera-unsupported": "Camera sends what cannot be used",
  "camera-covered": "Camera shows nothing: covered?",
  "camera-blurred": "Camera is blurred",
  "camera-turned": "Camera shows another view: turned?",
  "camera-frozen": "Camera repeats one picture",
  "camera-dark": "Too dark for the camera",
  "camera-stranger": "Another device answers in the camera's place",
  "door-unreachable": "Camera's own page does not answer",
  "door-refused": "Camera's own page refuses the password",
  "door-unreadable": "Camera's log cannot be read",
  "camera-tampered": "Camera says that somebody tampers with it",
  "camera-video-lost": "Camera says that it has no picture",
  "camera-address-conflict": "Another device uses the camera's address",
  "camera-network-lost": "Camera lost the network",
  "camera-restarted": "Camera restarted",
  "camera-clock": "Camera's clock is wrong",
  "camera-deaf": "Camera's own alarms cannot be heard",
  "sensor-lost": "The sensor beside the camera cannot be read",
  "card-missing": "Camera finds no memory card",
  "card-failed": "Camera's memory card fails",
  "card-full": "Camera's memory card is full",
  "camera-quarantined": "Camera's picture crashed the viewer",
  "disk-full": "The disk is full",
  "disk-broken": "The disk fails",
  "backup-late": "Copies are late",
  "backup-refused": "A backup refuses our copies",
  "backup-not-kept": "A backup does not keep what it was sent",
  "backup-lost": "A backup has lost footage it had",
  "footage-sacrificed": "The full disk cost footage without a copy",
  "process-restarted": "A part of Hearthwatch was restarted",
  "scout-deaf": "Not everybody's phone is noticed",
  "detector-basic": "Only people are recognised",
  "router-silent": "The router does not answer",
  "name-server-silent": "Names are not resolved",
  "internet-lost": "The internet cannot be reached",
  "broker-silent": "The MQTT broker does not answer",
  "service-silent": "A service cannot be reached",
  "action-failed": "Something could not be switched on",
  "action-stuck": "Something cannot be switched off",
  "certificate-wrong": "The page's certificate needs you",
  "heartbeat-lost": "The sign of life does not get out",
  "channel-dead": "An alert channel does not work",
  "config-wrong": "The configuration has a mistake",
  "porch-closed": "Mails and uploads of cameras cannot be taken",
  "porch-flooded": "It leaves more mails or files than it may",
};
export const faultName = (fault: string): string => FAULTS[fault] ?? capital(fault.replaceAll("-", " "));

const STATES: Record<string, string> = {
  live: "Live",
  connecting: "Connecting",
  lost: "Reconnecting",
  refused: "Password refused",
  unsupported: "Not supported",
  quarantined: "Set aside",
  private: "Private – not recorded",
};
/** Live, or not shown because the owner wants it so. */
export const isWell = (state: string): boolean => state === "live" || state === "private";
export const stateName = (state: string): string => STATES[state] ?? capital(state);

export const labelName = (kind: string, label: string): string =>
  label ? capital(label) : ({ motion: "Motion", offline: "Offline", tamper: "Tampering" }[kind] ?? capital(kind));

/** Where a camera's packets go, in words; a mailbox is named after who reads it. */
export function boxName(name: string): string {
  const [reader, , stream] = name.split("/");
  if (reader === "house") return "Live view";
  if (reader === "looker") return stream ? "To the detector" : "In the detector";
  if (reader === "writer") return "Recording";
  return name;
}
