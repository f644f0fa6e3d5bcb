/** How the house is armed, as it last said. */

import { signal } from "@preact/signals";
import { ask } from "./ask";

export type Mode = "away" | "home" | "disarmed" | "disabled";

/** See ArmingReply in the API's documentation. */
export interface Arming {
  mode: Mode;
  since_us: number;
  cause: "start" | "person" | "schedule" | "presence";
  who: string;
  via: string;
  until_us: number | null;
  evidence: string[];
  question: { number: number; people: string[]; at_us: number } | null;
  stored: boolean;
}

export const arming = signal<Arming | null>(null);
export const readArming = async (): Promise<void> => {
  arming.value = await ask<Arming>("GET", "/arming");
};
