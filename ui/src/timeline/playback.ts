/** Several cameras played in step: one clock, a player a camera, gaps skipped, and nobody runs ahead of one who waits. */

import { at as stretchAt, nextStart, type Stretch } from "./axis";
import { MasterClock } from "./clock";
import { FootagePlayer, type Shown } from "./player";

const EDGE_US = 4e6;
const PATIENCE_MS = 6000;
const BLINK_MS = 80;

export interface Now {
  at_us: number;
  /** What the person wants; the clock may be waiting for a picture all the same. */
  playing: boolean;
  rate: number;
  waiting: boolean;
  shown: ReadonlyMap<string, Shown>;
}

export class Playback {
  private readonly clock: MasterClock;
  private readonly players = new Map<string, FootagePlayer>();
  private islands = new Map<string, readonly Stretch[]>();
  private wanted = false;
  private waiting_ms = 0;
  private shown = new Map<string, Shown>();
  private sound = false;

  constructor(
    at_us: number,
    private readonly told: (skippedFrom_us: number, to_us: number | null) => void,
    private readonly now_us: () => number = () => Date.now() * 1000,
    private readonly now_ms: () => number = () => performance.now(),
  ) {
    this.clock = new MasterClock(at_us);
  }

  attach(camera: string, video: HTMLVideoElement): void {
    this.detach(camera);
    const player = new FootagePlayer(video, camera);
    player.plan(this.islands.get(camera) ?? []);
    this.players.set(camera, player);
    this.hear();
  }

  detach(camera: string): void {
    this.players.get(camera)?.close();
    this.players.delete(camera);
    this.shown.delete(camera);
  }

  close(): void {
    for (const camera of [...this.players.keys()]) this.detach(camera);
  }

  plan(islands: ReadonlyMap<string, readonly Stretch[]>): void {
    this.islands = new Map(islands);
    for (const [camera, player] of this.players) player.plan(islands.get(camera) ?? []);
  }

  get now(): Now {
    return { at_us: this.clock.at(this.now_ms()), playing: this.wanted, rate: this.clock.rate, waiting: this.wanted && !this.clock.isRunning, shown: new Map(this.shown) };
  }

  /** The wall time of the picture a camera shows. */
  shownAt(camera: string): number | undefined {
    const at_us = this.players.get(camera)?.at_us;
    return at_us === undefined ? undefined : Math.round(at_us);
  }

  isHarmed(camera: string, at_us: number): boolean {
    return this.players.get(camera)?.isHarmed(at_us) ?? false;
  }

  why(camera: string): string {
    return this.players.get(camera)?.unplayable ?? "";
  }

  play(): void {
    this.wanted = true;
  }

  pause(): void {
    this.wanted = false;
    this.clock.hold(this.now_ms());
  }

  setRate(rate: number): void {
    this.clock.setRate(rate, this.now_ms());
    this.hear();
  }

  setSound(on: boolean): void {
    this.sound = on;
    this.hear();
  }

  /** One camera is heard, the first; nobody above twice the speed. */
  private hear(): void {
    let first = true;
    for (const player of this.players.values()) {
      player.video.muted = !(this.sound && first && this.clock.rate <= 2);
      first = false;
    }
  }

  seek(at_us: number): void {
    this.clock.jump(Math.min(at_us, this.now_us() - EDGE_US), this.now_ms());
  }

  /** To the picture before or after, of the first camera that has one. */
  step(way: 1 | -1): void {
    this.pause();
    const at_us = this.clock.at(this.now_ms());
    for (const player of this.players.values()) {
      const next_us = player.beside(at_us, way);
      if (next_us !== null) {
        this.clock.jump(next_us + 500, this.now_ms()); // just behind its start: a clock on the edge would show the one before
        return;
      }
    }
    this.clock.jump(at_us + way * 100_000, this.now_ms());
  }

  /** Called for each picture of the screen. */
  tick(): void {
    const ms = this.now_ms();
    const now_us = this.now_us();
    let at_us = this.clock.at(ms);
    const edge_us = now_us - EDGE_US;
    if (at_us > edge_us && this.wanted) {
      at_us = edge_us;
      this.clock.jump(at_us, ms);
    }
    if (this.wanted && this.players.size) at_us = this.overGap(at_us, edge_us, ms);
    let waits = false;
    for (const [camera, player] of this.players) {
      const shown = player.sync(at_us, this.clock.rate, this.clock.isRunning, now_us, ms);
      this.shown.set(camera, shown);
      if (shown === "waiting") waits = true;
    }
    if (this.islands.size) this.pace(waits, ms);
    else this.clock.hold(ms); // what there is to play is not known yet
  }

  private overGap(at_us: number, edge_us: number, ms: number): number {
    const lists = [...this.players.keys()].map((camera) => this.islands.get(camera) ?? []);
    if (!this.islands.size || lists.some((list) => stretchAt(list, at_us))) return at_us;
    const next_us = nextStart(lists, at_us);
    if (next_us === null || next_us > edge_us) {
      this.pause();
      this.told(at_us, null);
      return at_us;
    }
    if (next_us - at_us > 1.5e6) this.told(at_us, next_us);
    this.clock.jump(next_us, ms);
    return next_us;
  }

  private pace(waits: boolean, ms: number): void {
    if (!this.wanted) {
      this.waiting_ms = 0;
      return;
    }
    if (!waits) {
      this.waiting_ms = 0;
      if (!this.clock.isRunning) this.clock.run(ms);
      return;
    }
    this.waiting_ms ||= ms;
    const waited = ms - this.waiting_ms;
    if (waited > PATIENCE_MS) {
      if (!this.clock.isRunning) this.clock.run(ms); // one that gives nothing does not stop the others for good
    } else if (waited > BLINK_MS && this.clock.isRunning) {
      this.clock.hold(ms);
    }
  }
}
