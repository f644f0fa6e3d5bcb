/** The master clock of playback: one wall time that all cameras follow. Time comes from outside, so that tests can be it. */

export class MasterClock {
  private anchor_us: number;
  private anchor_ms = 0;
  private running = false;
  private speed = 1;

  constructor(at_us: number) {
    this.anchor_us = at_us;
  }

  get rate(): number {
    return this.speed;
  }
  get isRunning(): boolean {
    return this.running;
  }

  at(now_ms: number): number {
    return this.running ? this.anchor_us + (now_ms - this.anchor_ms) * 1000 * this.speed : this.anchor_us;
  }

  run(now_ms: number): void {
    this.anchor_us = this.at(now_ms);
    this.anchor_ms = now_ms;
    this.running = true;
  }

  /** Waiting for a camera is stopping, too. */
  hold(now_ms: number): void {
    this.anchor_us = this.at(now_ms);
    this.running = false;
  }

  setRate(rate: number, now_ms: number): void {
    this.anchor_us = this.at(now_ms);
    this.anchor_ms = now_ms;
    this.speed = rate;
  }

  jump(at_us: number, now_ms: number): void {
    this.anchor_us = at_us;
    this.anchor_ms = now_ms;
  }
}

/** What a follower that is `ahead_s` of the clock does: jump there, or run a little slower or faster until it is in step. */
export function correction(ahead_s: number, rate: number): { jump: boolean; rate: number } {
  if (Math.abs(ahead_s) > Math.max(0.25, 0.15 * rate)) return { jump: true, rate };
  if (Math.abs(ahead_s) < 0.012) return { jump: false, rate };
  const bend = Math.max(-0.12, Math.min(0.12, ahead_s * 1.2));
  return { jump: false, rate: Math.max(0.0625, Math.min(16, rate * (1 - bend))) };
}
