/** Words of the house page. */

import { capital } from "../format";
import { own } from "../own";
import { said, t } from "../words";

export const MODES: Record<string, string> = { away: said("Away"), home: said("Home"), disarmed: said("Disarmed"), disabled: said("Disabled") };
export const modeName = (mode: string): string => (mode === "auto" ? t("By presence") : t(own(MODES, mode) ?? capital(mode)));

const MEANS: Record<string, string> = {
  neighbour: said("{device} answered on the home network"),
  arp: said("{device} answered on the home network"),
  ping: said("{device} said so itself"),
  wifi: said("{device} was overheard on Wi-Fi"),
  "arp-heard": said("{device} was overheard on the home network"),
  lease: said("{device} renewed its address"),
  ble: said("{device} was overheard by Bluetooth"),
};
/** A device's name is `person/device`. */
export function evidence(device: string, means: string): string {
  const name = capital(device.split("/").at(-1) ?? device);
  const known = own(MEANS, means);
  return known ? t(known, { device: name }) : `${name} ${means}`;
}

const WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAYS = [said("Mon"), said("Tue"), said("Wed"), said("Thu"), said("Fri"), said("Sat"), said("Sun")];
const dayOf = (at: number): string => DAYS.slice(at, at + 1).map((day) => t(day)).join("");

/** "Every day", "Mon–Fri", "Sat, Sun". */
export function daysName(days: readonly string[]): string {
  const on = WEEK.map((day) => days.includes(day));
  if (on.every(Boolean)) return t("Every day");
  const parts: string[] = [];
  for (let first = 0; first < 7; first += 1) {
    if (!on[first]) continue;
    let last = first;
    while (on[last + 1]) last += 1;
    parts.push(last - first > 1 ? `${dayOf(first)}–${dayOf(last)}` : DAYS.slice(first, last + 1).map((_, at) => dayOf(first + at)).join(", "));
    first = last;
  }
  return parts.join(", ") || t("Never");
}

export function channelName(channel: string, who: string): string {
  const kind = channel.split(":")[0] ?? channel;
  const name = ({ email: t("E-mail"), mqtt: "MQTT" } as Record<string, string>)[kind] ?? capital(kind);
  return who ? `${name}: ${who}` : name;
}

const PARTS: Record<string, string> = { text: said("Text"), picture: said("Picture"), album: said("Album"), clip: said("Clip") };
/** What an alert is sent in. */
export const partName = (part: string): string => t(own(PARTS, part) ?? capital(part));
