/** What is said while playing. */

import { clock, gapCause, lasted } from "../format";
import { t } from "../words";
import type { Lanes } from "./api";

/** Why time was skipped, by the longest gap in it; null for `to_us`: nothing comes after. */
export function noteOf(from_us: number, to_us: number | null, lanes: Lanes | null, now_us: number): string {
  if (to_us === null) return now_us - from_us < 30e6 ? t("This is the newest footage.") : t("Nothing is recorded after this.");
  let why = "";
  let most = 0;
  for (const lane of lanes?.cameras ?? []) {
    for (const gap of lane.gaps) {
      const within = Math.min(gap.end_us ?? now_us, to_us) - Math.max(gap.start_us, from_us);
      if (within > most) {
        most = within;
        why = gapCause(gap.reason);
      }
    }
  }
  return t("Skipped {time} to {until}. {why}.", { time: lasted(to_us - from_us), until: clock(to_us), why: why || t("No footage is kept of it") });
}
