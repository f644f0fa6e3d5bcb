/** A suggestion in words. */

import { labelName } from "../format";
import type { Suggestion } from "./api";

const percent = (frac: number): string => `${(frac * 100).toFixed(frac < 0.01 ? 2 : frac < 0.1 ? 1 : 0)} %`;

export function words(one: Suggestion): { title: string; text: string; button: string } {
  const what = labelName("object", one.label).toLowerCase();
  const last = `${one.covers} of the last ${one.of} false alarms`;
  if (one.kind === "mask")
    return { title: "Ignore this corner?", text: `${last} were here. What happens inside will not be looked at any more, whatever it is.`, button: "Ignore this corner" };
  if (one.kind === "min-area")
    return { title: "Ignore what is that small?", text: `${last} were smaller than ${percent(one.value)} of the picture. Smaller ones will not count as ${what} here any more.`, button: "Ignore smaller ones" };
  return { title: "Ask for more certainty?", text: `${last} were less than ${percent(one.value)} sure. Less certain ones will not count as ${what} here any more.`, button: "Ask for more certainty" };
}

