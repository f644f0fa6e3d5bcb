/** Words of the house page. */

import { capital } from "../format";

export const MODES: Record<string, string> = { away: "Away", home: "Home", disarmed: "Disarmed", disabled: "Disabled" };
export const modeName = (mode: string): string => MODES[mode] ?? (mode === "auto" ? "By presence" : capital(mode));

const MEANS: Record<string, string> = {
  neighbour: "answered on the home network",
  arp: "answered on the home network",
  ping: "said so itself",
  wifi: "was overheard on Wi-Fi",
  "arp-heard": "was overheard on the home network",
  lease: "renewed its address",
  ble: "was overheard by Bluetooth",
};
/** A device's name is `person/device`. */
export const evidence = (device: string, means: string): string => `${capital(device.split("/").at(-1) ?? device)} ${MEANS[means] ?? means}`;

const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** "Every day", "Mon–Fri", "Sat, Sun". */
export function daysName(days: readonly string[]): string {
  const on = WEEK.map((day) => days.includes(day));
  if (on.every(Boolean)) return "Every day";
  const parts: string[] = [];
  for (let first = 0; first < 7; first += 1) {
    if (!on[first]) continue;
    let last = first;
    while (on[last + 1]) last += 1;
    parts.push(last - first > 1 ? `${DAYS[first]}–${DAYS[last]}` : DAYS.slice(first, last + 1).join(", "));
    first = last;
  }
  return parts.join(", ") || "Never";
}

export function channelName(channel: string, who: string): string {
  const kind = channel.split(":")[0] ?? channel;
  const name = ({ email: "E-mail", mqtt: "MQTT" } as Record<string, string>)[kind] ?? capital(kind);
  return who ? `${name}: ${who}` : name;
}
