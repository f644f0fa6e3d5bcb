/** Doing something to a camera: what has to be filled in, the question, the yes, and how it ended. */

import { signal } from "@preact/signals";
import { said } from "../words";
import { own } from "../own";
import { doors, type Entry, type Offer } from "./api";

export const asked = signal<Offer | null>(null);
/** Counts what was done from here, so that pages look anew. */
export const deeds = signal(0);

export const askFor = (offer: Offer): void => void (asked.value = offer);

export interface Field {
  name: string;
  label: string;
  placeholder: string;
  needed: boolean;
}

const FIELDS: Record<string, Field[]> = {
  "rename-user": [{ name: "value", label: said("New name of the account"), placeholder: said("a name nobody guesses"), needed: true }],
  "use-ntp": [{ name: "value", label: said("Time server, best your router"), placeholder: "192.168.1.1", needed: true }],
  "block-address": [{ name: "subject", label: said("Address to shut out"), placeholder: "203.0.113.9", needed: true }],
  "change-network": [
    { name: "address", label: said("New address"), placeholder: said("as it is"), needed: false },
    { name: "netmask", label: said("Netmask"), placeholder: said("as it is"), needed: false },
    { name: "gateway", label: said("Gateway"), placeholder: said("as it is"), needed: false },
    { name: "dns", label: said("Name server (DNS)"), placeholder: said("as it is"), needed: false },
    { name: "http_port", label: said("Port of its page"), placeholder: said("as it is"), needed: false },
    { name: "rtsp_port", label: said("Port of its video"), placeholder: said("as it is"), needed: false },
  ],
};

/** What an offer still lacks; nothing for one that says it all. */
export const fieldsOf = (offer: Offer): Field[] =>
  (own(FIELDS, offer.kind) ?? []).filter((field) => !(field.name === "subject" ? offer.subject : offer.value));

export const wantsFile = (offer: Offer): boolean => offer.kind === "upload-firmware" && !offer.subject;

/** The offer with what was filled in: single words as they are, several as `name=word` with blanks between. */
export function filled(offer: Offer, words: Record<string, string>): Offer {
  const given = Object.entries(words).flatMap(([name, word]) => (word.trim() ? [[name, word.trim()] as const] : []));
  const plain = new Map(given);
  const others = given.filter(([name]) => name !== "subject" && name !== "value").map(([name, word]) => `${name}=${word.replace(/[\s,]+/g, ",")}`);
  return { ...offer, subject: plain.get("subject") ?? offer.subject, value: others.length ? others.join(" ") : (plain.get("value") ?? offer.value) };
}

const AGAIN_MS = 1500;
const MOST_TRIES = 400;

/** Wait for what takes longer; the camera may be restarting, and the house be busy with it. */
export async function followed(entry: Entry, pause: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms))): Promise<Entry> {
  let found = entry;
  for (let tries = 0; found.state === "running" && tries < MOST_TRIES; tries += 1) {
    await pause(AGAIN_MS);
    found = await doors.entry(entry.id).catch(() => found);
  }
  return found;
}
