/** Where log-ins came from, gathered by network: what the map draws. No place on earth is looked up, nobody is asked. */

import type { Login } from "./api";
import { tone, type Tone } from "./words";

export interface Source {
  address: string;
  name: string;
  users: string[];
  cameras: string[];
  count: number;
  last_us: number;
  tone: Tone;
}
export interface Network {
  network: string;
  at_home: boolean;
  sources: Source[];
}

const LOUD: Tone[] = ["good", "quiet", "warm", "bad"];
export const louder = (a: Tone, b: Tone): Tone => (LOUD.indexOf(a) >= LOUD.indexOf(b) ? a : b);

/** "192.168.1.x" of an IPv4 address, the first four groups of an IPv6 one; "" where the place is not known. */
export function networkOf(address: string | null): string {
  if (!address) return "";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(address)) return address.replace(/\.\d+$/, ".x");
  const groups = address.split(":");
  return address.includes(":") ? `${groups.slice(0, 4).filter(Boolean).join(":")}::` : address;
}

/** Networks at home first, then those outside, the loudest and the busiest in front. */
export function networks(logins: readonly Login[]): Network[] {
  const found = new Map<string, Network>();
  for (const login of logins) {
    if (login.verdict === "own") continue;
    const network = networkOf(login.address);
    const key = `${login.at_home}/${network}`;
    const here = found.get(key) ?? { network, at_home: login.at_home, sources: [] };
    found.set(key, here);
    const address = login.address ?? "";
    let source = here.sources.find((each) => each.address === address);
    if (!source) {
      source = { address, name: "", users: [], cameras: [], count: 0, last_us: 0, tone: "good" };
      here.sources.push(source);
    }
    source.count += 1;
    source.name ||= login.name;
    source.last_us = Math.max(source.last_us, login.at_us);
    source.tone = louder(source.tone, tone(login.verdict));
    if (login.user && !source.users.includes(login.user)) source.users.push(login.user);
    if (!source.cameras.includes(login.camera)) source.cameras.push(login.camera);
  }
  const loud = (network: Network): number => Math.max(...network.sources.map((source) => LOUD.indexOf(source.tone)));
  const busy = (network: Network): number => network.sources.reduce((sum, source) => sum + source.count, 0);
  for (const network of found.values()) network.sources.sort((a, b) => LOUD.indexOf(b.tone) - LOUD.indexOf(a.tone) || b.count - a.count);
  return [...found.values()].sort((a, b) => Number(b.at_home) - Number(a.at_home) || loud(b) - loud(a) || busy(b) - busy(a));
}
