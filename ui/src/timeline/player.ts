/** Plays one camera's footage in step with the master clock: chunks of fragmented MP4 in a media source whose times are wall times. */

import { t } from "../words";
import { playbackAt } from "./api";
import { at as stretchAt, type Stretch, WHOLE_RATE } from "./axis";
import { correction } from "./clock";
import { pictures } from "./fmp4";

type MediaSourceKind = typeof MediaSource;
const sourceKind = (): MediaSourceKind | undefined =>
  (globalThis as { ManagedMediaSource?: MediaSourceKind }).ManagedMediaSource ?? globalThis.MediaSource;

const HALF_S = 12 * 3600;
const BEHIND_S = 40;
const FIRST_US = 6e6;
const CHUNK_US = 20e6;
const MOST_US = 10 * 60e6;
const RETRY_MS = 2000;
const EVICTED_MS = 1500;
const TOO_NEW_US = 2.5e6;

export type Shown = "picture" | "waiting" | "gap" | "unplayable";

/** How much of the time after a moment is fetched next: little at first, so that the picture is soon there. */
export const chunkUs = (rate: number, isFirst: boolean): number => Math.min(MOST_US, (isFirst ? FIRST_US : CHUNK_US) * Math.max(1, rate));

export class FootagePlayer {
  private base_us = 0;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private address = "";
  private mime = "";
  private keys = false;
  private fetching: AbortController | null = null;
  private retry_ms = 0;
  private missing_ms = 0;
  private had: [number, number][] = [];
  private frames_us: number[] = [];
  private queue: (() => void)[] = [];
  private closed = false;
  private islands: readonly Stretch[] = [];
  private harmed: (readonly [number, number])[] = [];
  unplayable = "";

  constructor(
    readonly video: HTMLVideoElement,
    readonly camera: string,
    private readonly load: (url: string, signal: AbortSignal) => Promise<Response> = (url, signal) => fetch(url, { credentials: "same-origin", signal }),
  ) {
    video.playsInline = true;
    video.disableRemotePlayback = true; // a managed media source asks for it
    video.preload = "auto";
  }

  close(): void {
    this.closed = true;
    this.drop();
    this.video.removeAttribute("src");
    this.video.load();
  }

  /** What there is to play, as the timeline knows it. */
  plan(islands: readonly Stretch[]): void {
    this.islands = islands;
  }

  /** The wall time of what is shown. */
  get at_us(): number {
    return this.base_us + this.video.currentTime * 1e6;
  }

  /** Whether what is shown at a moment is known not to be what was recorded. */
  isHarmed(at_us: number): boolean {
    return this.harmed.some(([from_us, until_us]) => from_us <= at_us && at_us < until_us);
  }

  /** Follow the clock; called some sixty times a second. */
  sync(at_us: number, rate: number, running: boolean, now_us: number, now_ms: number): Shown {
    if (this.unplayable) return "unplayable";
    if (rate > WHOLE_RATE !== this.keys) this.restart(rate > WHOLE_RATE);
    if (!this.source || Math.abs(at_us - this.base_us - HALF_S * 1e6) > HALF_S * 1e6) this.open(at_us);
    const island = stretchAt(this.islands, at_us);
    this.fetchAhead(at_us, rate, now_us, now_ms);
    const t = (at_us - this.base_us) / 1e6;
    if (!this.isBuffered(t)) {
      if (!this.video.paused) this.video.pause();
      if (island) this.wasEvicted(at_us, now_ms);
      return island ? "waiting" : "gap";
    }
    this.missing_ms = 0;
    const ahead_s = this.video.currentTime - t;
    if (!running) {
      if (!this.video.paused) this.video.pause();
      if (Math.abs(ahead_s) > 0.001 && !this.video.seeking) this.video.currentTime = t;
    } else {
      const next = correction(ahead_s, rate);
      if (next.jump && !this.video.seeking) this.video.currentTime = t;
      if (this.video.playbackRate !== next.rate) this.video.playbackRate = next.rate;
      if (this.video.paused) void this.video.play().catch(() => undefined); // the next call tries again
    }
    return this.video.readyState >= 2 && (running || !this.video.seeking) ? "picture" : "waiting";
  }

  /** The moment of the picture after (1) or before (-1) the one at a moment, null where none is loaded. */
  beside(at_us: number, way: 1 | -1): number | null {
    const shown = this.frames_us.findLastIndex((each) => each <= at_us + 1000);
    const found = this.frames_us[shown + way];
    return found === undefined || (shown < 0 && way === -1) ? null : found;
  }

  private isBuffered(t: number): boolean {
    const ranges = this.video.buffered;
    for (let each = 0; each < ranges.length; each += 1) if (ranges.start(each) - 0.02 <= t && t < ranges.end(each) - 0.005) return true;
    return false;
  }

  /** A browser may let go of what it was given; then it is fetched again. */
  private wasEvicted(at_us: number, now_ms: number): void {
    const isIdle = !this.fetching && !this.queue.length && !this.buffer?.updating && stretchAt(this.had, at_us) !== undefined;
    if (!isIdle) this.missing_ms = 0;
    else if (!this.missing_ms) this.missing_ms = now_ms;
    else if (now_ms - this.missing_ms > EVICTED_MS) this.drop();
  }

  private restart(keys: boolean): void {
    this.keys = keys;
    this.drop();
  }

  private open(at_us: number): void {
    this.drop();
    const kind = sourceKind();
    if (!kind) {
      this.unplayable = t("This browser cannot play footage in step.");
      return;
    }
    this.base_us = Math.max(0, Math.round(at_us - HALF_S * 1e6));
    const source = new kind();
    this.source = source;
    this.address = URL.createObjectURL(source);
    this.video.src = this.address;
    source.addEventListener(
      "sourceopen",
      () => {
        if (this.source !== source) return;
        source.duration = 2 * HALF_S;
        this.work();
      },
      { once: true },
    );
  }

  private drop(): void {
    this.fetching?.abort();
    this.fetching = null;
    this.buffer?.removeEventListener("updateend", this.work);
    this.buffer = null;
    this.source = null;
    this.mime = "";
    this.queue = [];
    this.had = [];
    this.frames_us = [];
    this.retry_ms = 0;
    this.missing_ms = 0;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  private fetchAhead(at_us: number, rate: number, now_us: number, now_ms: number): void {
    if (this.fetching || now_ms < this.retry_ms || this.source?.readyState !== "open" || this.queue.length > 1) return;
    let from_us = at_us;
    for (let held = stretchAt(this.had, from_us); held; held = stretchAt(this.had, from_us)) from_us = held[1];
    const ahead_us = chunkUs(rate, false) * 1.5;
    if (from_us - at_us > ahead_us) return;
    const island = this.islands.find((each) => each[1] > from_us);
    if (!island) return;
    from_us = Math.max(from_us, island[0]);
    if (from_us - at_us > ahead_us) return;
    const until_us = Math.min(island[1], from_us + chunkUs(rate, from_us - at_us < 1e6), now_us - TOO_NEW_US);
    if (until_us - from_us < 0.3e6) return;
    void this.fetchChunk(from_us, until_us);
  }

  private async fetchChunk(from_us: number, until_us: number): Promise<void> {
    const { source } = this;
    const aborting = new AbortController();
    this.fetching = aborting;
    try {
      const answer = await this.load(playbackAt(this.camera, from_us, until_us, this.keys), aborting.signal);
      if (!answer.ok) {
        // a hole the timeline did not know of
        this.note([from_us, answer.status === 404 || answer.status === 409 ? until_us : from_us]);
        if (answer.status !== 404 && answer.status !== 409) this.retry_ms = performance.now() + RETRY_MS;
        return;
      }
      const mime = answer.headers.get("X-Mime") ?? "";
      const start_us = Number(answer.headers.get("X-Start-Us"));
      const end_us = Number(answer.headers.get("X-End-Us"));
      for (const range of (answer.headers.get("X-Damaged") ?? "").split(",")) {
        const [low = NaN, high = NaN] = range.split("-").map(Number);
        if (low < high && !this.isHarmed(low)) this.harmed.push([low, high]);
      }
      const data = await answer.arrayBuffer();
      if (this.source !== source || this.closed) return;
      if (!sourceKind()?.isTypeSupported(mime)) {
        this.unplayable = mime.includes("hvc1") || mime.includes("hev1") ? t("This browser cannot play H.265.") : t("This browser cannot play this camera's kind of video.");
        this.drop();
        return;
      }
      this.note([Math.min(from_us, start_us), Math.max(end_us, from_us + 1e5)]);
      const seen = new Set(this.frames_us);
      for (const each of pictures(data)) seen.add(Math.round(start_us + each * 1e6));
      this.frames_us = [...seen].sort((a, b) => a - b);
      this.queue.push(() => this.append(mime, start_us, data));
      this.work();
    } catch {
      if (!aborting.signal.aborted) this.retry_ms = performance.now() + RETRY_MS;
    } finally {
      if (this.fetching === aborting) this.fetching = null;
    }
  }

  private note(range: [number, number]): void {
    if (range[1] > range[0]) this.had = [...this.had, range].sort((a, b) => a[0] - b[0]);
  }

  private append(mime: string, start_us: number, data: ArrayBuffer): void {
    const { source } = this;
    if (!source) return;
    if (!this.buffer) {
      this.buffer = source.addSourceBuffer(mime);
      this.buffer.addEventListener("updateend", this.work);
    } else if (mime !== this.mime) {
      this.buffer.changeType(mime);
    }
    this.mime = mime;
    this.buffer.timestampOffset = (start_us - this.base_us) / 1e6;
    this.buffer.appendBuffer(data);
  }

  private readonly work = (): void => {
    if (this.source?.readyState !== "open" || this.buffer?.updating) return;
    const next = this.queue.shift();
    try {
      if (next) next();
      else this.forget();
    } catch {
      // out of room, or nothing a player takes: begin anew here
      this.drop();
      this.retry_ms = performance.now() + RETRY_MS;
    }
  };

  /** What lies well behind makes room; it is fetched anew when it is wanted. */
  private forget(): void {
    const { buffer, video } = this;
    if (!buffer || buffer.updating || !buffer.buffered.length) return;
    const keep_s = BEHIND_S * Math.max(1, video.playbackRate);
    const before = video.currentTime - keep_s;
    if (buffer.buffered.start(0) < before - keep_s) {
      const until_us = this.base_us + before * 1e6;
      this.had = this.had.flatMap(([from, to]): [number, number][] => (to <= until_us ? [] : [[Math.max(from, until_us), to]]));
      this.frames_us = this.frames_us.filter((each) => each >= until_us);
      buffer.remove(0, before);
    }
  }
}
