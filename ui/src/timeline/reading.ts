/** What is read for what is shown. */

import { EXACT, length, type Range } from "./axis";

/** Some more on both sides, so that panning shows no hole, as long as the answer stays exact. */
export function readRange(range: Range): Range {
  const long = length(range);
  const more = long <= EXACT ? Math.min(long / 2, (EXACT - long) / 2) : long / 4;
  return [Math.round(range[0] - more), Math.round(range[1] + more)];
}
