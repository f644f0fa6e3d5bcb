/** Staying near the newest picture, and telling how far away it is. */

export interface Pace {
  rate: number;
  /** Where to jump to, null to go on. */
  seek: number | null;
}
type Ranges = readonly (readonly [number, number])[];

/** Kept between what is shown and the newest picture: less, and each hiccup of the network would stop the picture. */
export const TARGET_S = 0.3;
export const MOST_TARGET_S = 0.7;
const SLACK_S = 0.25;
const JUMP_S = 1.5;

/** `rate` is how fast it plays now: once it catches up it goes on until it is there. */
export function pace(current: number, ranges: Ranges, rate: number, target_s: number = TARGET_S): Pace {
  const last = ranges.at(-1);
  if (!last) return { rate: 1, seek: null };
  const [start, end] = last;
  const behind = end - current;
  if (current < start || behind > target_s + JUMP_S || behind < -0.1) return { rate: 1, seek: Math.max(start, end - target_s) };
  if (behind > target_s + 3 * SLACK_S) return { rate: 1.35, seek: null };
  if (behind > target_s + SLACK_S || (rate > 1 && behind > target_s + 0.05)) return { rate: 1.12, seek: null };
  return { rate: 1, seek: null };
}

const PATIENCE_MS = 150;
/** Whether the first pictures of a connection are shown, so much behind the newest and so long after the first of them: not an old
 * key frame from which it jumps to now in a moment, but nobody waits long for that. */
export const isWorthShowing = (behind_s: number, waited_ms: number, target_s: number = TARGET_S): boolean => behind_s <= target_s + JUMP_S || waited_ms >= PATIENCE_MS;

/** Each stop of the picture asks for more distance, each quiet minute for less. */
export const afterStop = (target_s: number): number => Math.min(MOST_TARGET_S, target_s + 0.1);
export const afterQuiet = (target_s: number): number => Math.max(TARGET_S, target_s - 0.05);

/** How old the shown picture is by the house's clock. The two clocks are compared by the quickest note that ever came: the
 * others were longer on their way, and that is just what has to be seen. */
export class Behind {
  private ahead_ms = Infinity;
  private media_s = 0;
  private taken_ms: number | null = null;

  /** The house said at `now_us` that the picture at `media_s` was taken at `wall_us`; it was read here at `here_ms`. */
  note(media_s: number, wall_us: number, now_us: number, here_ms: number): void {
    this.ahead_ms = Math.min(this.ahead_ms + 0.1, here_ms - now_us / 1000); // clocks drift, too
    this.media_s = media_s;
    this.taken_ms = wall_us / 1000;
  }

  forget(): void {
    this.taken_ms = null;
  }

  seconds(shown_s: number, here_ms: number): number | null {
    if (this.taken_ms === null) return null;
    const shown_ms = this.taken_ms + (shown_s - this.media_s) * 1000;
    return Math.max(0, here_ms - this.ahead_ms - shown_ms) / 1000;
  }
}
