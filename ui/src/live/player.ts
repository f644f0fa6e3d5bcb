/** Plays one live stream of a camera: fMP4 fragments from a WebSocket into a media source, always near the newest picture.
 *
 * A picture that was there stays until the next one is: each connection plays in a video element of its own, which is shown
 * with its first picture and takes the place of the one before.
 */

import type { StreamName } from "../api";
import { t } from "../words";
import { type Line, openLine } from "./line";
import { afterQuiet, afterStop, Behind, isWorthShowing, pace, TARGET_S } from "./pace";

export type Picture =
  | { kind: "waiting"; why: string }
  | { kind: "playing" }
  | { kind: "blocked" }
  | { kind: "unplayable"; codec: string }
  | { kind: "unheard"; codec: string }
  | { kind: "picture-only"; codec: string };

export interface StartNote {
  type: "start";
  mime: string;
  codec: string;
  width_px: number;
  height_px: number;
  sound: string | null;
  sample_hz: number;
  channels: number;
}
interface ClockNote {
  type: "clock";
  media_s: number;
  wall_us: number;
  now_us: number;
}
type Note = StartNote | ClockNote | { type: "picture-only"; codec: string } | { type: "end"; reason: string; detail: string };

/** Takes sound that no media source plays. */
export interface Loudspeaker {
  begin(codec: string, sample_hz: number, channels: number): void;
  take(samples: Uint8Array): void;
  end(): void;
}

type MediaSourceKind = typeof MediaSource;
/** iPhones have only the managed one. */
export const sourceKind = (): MediaSourceKind | undefined => (globalThis as { ManagedMediaSource?: MediaSourceKind }).ManagedMediaSource ?? globalThis.MediaSource;

const KEEP_S = 8;
const SILENCE_MS = 8000;
const QUIET_MS = 30_000;
const MOST_WAIT_MS = 10_000;
const MOST_BROKEN = 3;

/** How long to wait before the next try; nobody's house is asked by all its screens in the same moment. */
export const backoff = (tries: number, random: number): number => Math.min(MOST_WAIT_MS, 400 * 2 ** Math.min(tries, 6)) * (0.75 + random / 2);

/** What a binary message is: `ulaw` or `alaw` for sound, anything else belongs to the media source. */
export function kindOf(data: ArrayBuffer): string {
  return data.byteLength < 8 ? "" : String.fromCharCode(...new Uint8Array(data, 4, 4));
}
const PCM_HEAD = 16;

function joined(pieces: readonly ArrayBuffer[]): ArrayBuffer {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only) return only;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(new Uint8Array(piece), offset);
    offset += piece.byteLength;
  }
  return whole.buffer;
}

export interface Order {
  camera: string;
  name: string;
  stream: StreamName;
  sound: Loudspeaker | null;
}

export class LivePlayer {
  /** The video that shows something. */
  shown: HTMLVideoElement | null = null;
  private coming: HTMLVideoElement | null = null;
  private line: Line | null = null;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private queue: ArrayBuffer[] = [];
  private address = "";
  private tries = 0;
  private broken = 0;
  private retry = 0;
  private silence = 0;
  private closed = false;
  private watched = true;
  private target_s = TARGET_S;
  private quietSince = 0;
  private volume = 1;
  private readonly behind = new Behind();

  constructor(
    private readonly holder: HTMLElement,
    private readonly order: Order,
    private readonly tell: (picture: Picture) => void,
  ) {
    document.addEventListener("visibilitychange", this.onVisible);
    this.open();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.onVisible);
    this.hangUp();
    this.blank();
    this.order.sound?.end();
  }

  /** What nobody sees costs the house nothing; the last picture stays. */
  watch(on: boolean): void {
    if (this.watched === on) return;
    this.watched = on;
    this.onVisible();
  }

  setVolume(volume: number): void {
    this.volume = volume;
    for (const video of [this.shown, this.coming]) if (video) video.volume = volume;
  }

  /** Seconds between what happened and what is shown; null while that is unknown. */
  behind_s(): number | null {
    return this.shown && !this.coming ? this.behind.seconds(this.shown.currentTime, performance.now()) : null;
  }

  /** Play after all, from a tap of a person. */
  unblock(): void {
    for (const video of [this.shown, this.coming]) void video?.play().catch(() => undefined);
  }

  private readonly onVisible = (): void => {
    if (document.hidden || !this.watched) this.hangUp();
    else if (!this.line) {
      this.tries = 0;
      this.open();
    }
  };

  private open(): void {
    if (this.closed || document.hidden || !this.watched) return;
    clearTimeout(this.retry);
    const line = openLine(this.order.camera, this.order.stream, this.order.sound !== null);
    this.line = line;
    line.onmessage = (data) => {
      if (this.line === line) this.take(data);
    };
    line.onclose = () => {
      if (this.line === line) this.again(t("Reconnecting to Hearthwatch"));
    };
    this.listen();
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.again(t("No picture for 8 s")), SILENCE_MS);
  }

  private hangUp(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    const { line } = this;
    this.line = null;
    line?.close();
  }

  private again(why: string): void {
    this.hangUp();
    if (this.closed) return;
    this.tell({ kind: "waiting", why });
    this.tries += 1;
    this.retry = window.setTimeout(() => this.open(), backoff(this.tries, Math.random()));
  }

  private take(data: string | ArrayBuffer): void {
    this.listen();
    if (typeof data === "string") {
      this.note(JSON.parse(data) as Note);
      return;
    }
    this.tries = 0;
    const kind = kindOf(data);
    if (kind === "ulaw" || kind === "alaw") {
      this.order.sound?.take(new Uint8Array(data, PCM_HEAD));
      return;
    }
    this.queue.push(data);
    this.feed();
  }

  private note(note: Note): void {
    if (note.type === "clock") this.behind.note(note.media_s, note.wall_us, note.now_us, performance.now());
    else if (note.type === "start") this.start(note);
    else if (note.type === "picture-only") this.giveUp({ kind: "picture-only", codec: note.codec });
    else {
      clearTimeout(this.silence); // the house says by itself when the camera is back
      if (note.reason === "private") this.blank();
      this.tell({ kind: "waiting", why: note.detail });
    }
  }

  private giveUp(picture: Picture): void {
    this.hangUp();
    this.dropSource();
    this.tell(picture);
  }

  private start(note: StartNote): void {
    const kind = sourceKind();
    if (!kind?.isTypeSupported(note.mime)) {
      const unheard = note.sound === "aac" && kind?.isTypeSupported(note.mime.replace(/,mp4a[^"]*/, ""));
      this.giveUp(unheard ? { kind: "unheard", codec: "aac" } : { kind: "unplayable", codec: note.codec });
      return;
    }
    this.dropSource();
    this.behind.forget();
    if (note.sound === "pcmu" || note.sound === "pcma") this.order.sound?.begin(note.sound, note.sample_hz, note.channels);
    const video = document.createElement("video");
    video.muted = note.sound !== "aac";
    video.volume = this.volume;
    video.playsInline = true;
    video.autoplay = true;
    video.disableRemotePlayback = true; // a managed media source does not open without
    video.className = "is-coming";
    video.setAttribute("aria-label", t("{camera}, live", { camera: this.order.name }));
    video.addEventListener("playing", () => this.onPlaying(video));
    this.awaitPicture(video);
    video.addEventListener("waiting", () => this.onWaiting(video));
    video.addEventListener("error", () => this.onBroken(video, note.codec));
    this.coming = video;
    const source = new kind();
    this.source = source;
    this.address = URL.createObjectURL(source);
    source.addEventListener(
      "sourceopen",
      () => {
        if (this.source !== source) return;
        this.buffer = source.addSourceBuffer(note.mime);
        this.buffer.addEventListener("updateend", this.onFed);
        this.feed();
      },
      { once: true },
    );
    video.src = this.address;
    this.holder.append(video);
    this.play(video);
  }

  private play(video: HTMLVideoElement): void {
    video.play().catch((error: unknown) => {
      if (this.closed || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      if (!video.muted) {
        video.muted = true; // better a silent picture than none
        this.play(video);
      } else this.tell({ kind: "blocked" });
    });
  }

  /** Wait until it really shows something, and not its first old key frame where the newest picture is a moment away. */
  private awaitPicture(video: HTMLVideoElement): void {
    if (!("requestVideoFrameCallback" in video)) return;
    let first = 0;
    const look = (now: number, frame: VideoFrameCallbackMetadata): void => {
      if (video !== this.coming) return;
      first ||= now;
      const { buffered } = video;
      const end = buffered.length ? buffered.end(buffered.length - 1) : frame.mediaTime;
      if (isWorthShowing(end - frame.mediaTime, now - first, this.target_s)) this.promote(video);
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  }

  private promote(video: HTMLVideoElement): void {
    if (this.shown) remove(this.shown);
    this.shown = video;
    this.coming = null;
    video.className = "is-shown";
    video.dataset.camera = this.order.camera;
    this.tell({ kind: "playing" });
  }

  private onPlaying(video: HTMLVideoElement): void {
    if (video === this.coming && !("requestVideoFrameCallback" in video)) this.promote(video);
    else if (video === this.shown) this.tell({ kind: "playing" });
  }

  private onWaiting(video: HTMLVideoElement): void {
    if (video !== this.shown || video.seeking) return;
    this.target_s = afterStop(this.target_s);
    this.quietSince = performance.now();
  }

  private onBroken(video: HTMLVideoElement, codec: string): void {
    if (this.closed || (video !== this.shown && video !== this.coming)) return;
    this.broken += 1;
    this.dropSource();
    if (this.broken >= MOST_BROKEN) this.giveUp({ kind: "unplayable", codec });
    else this.again(t("The browser could not read the picture"));
  }

  private dropSource(): void {
    this.buffer?.removeEventListener("updateend", this.onFed);
    this.buffer = null;
    this.source = null;
    this.queue = [];
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
    if (this.coming) remove(this.coming);
    this.coming = null;
  }

  /** Show nothing from now on. */
  private blank(): void {
    this.dropSource();
    if (this.shown) remove(this.shown);
    this.shown = null;
  }

  private feed(): void {
    const { buffer } = this;
    if (!buffer || buffer.updating || this.source?.readyState !== "open" || !this.queue.length) return;
    const data = joined(this.queue);
    this.queue = [];
    try {
      buffer.appendBuffer(data);
    } catch {
      this.dropSource();
      this.again(t("The browser ran out of room for the video"));
    }
  }

  private readonly onFed = (): void => {
    const { buffer } = this;
    const video = this.coming ?? this.shown;
    if (!buffer || !video || this.source?.readyState !== "open") return;
    const ranges: [number, number][] = [];
    for (let each = 0; each < buffer.buffered.length; each += 1) ranges.push([buffer.buffered.start(each), buffer.buffered.end(each)]);
    const next = pace(video.currentTime, ranges, video.playbackRate, this.target_s);
    if (next.seek !== null) video.currentTime = next.seek;
    if (video.playbackRate !== next.rate) video.playbackRate = next.rate;
    const now = performance.now();
    if (now - this.quietSince > QUIET_MS) {
      this.target_s = afterQuiet(this.target_s);
      this.quietSince = now;
    }
    if (video.paused && !this.closed) this.play(video);
    const oldest = ranges[0]?.[0] ?? 0;
    if (!buffer.updating && video.currentTime - oldest > 2 * KEEP_S) buffer.remove(0, video.currentTime - KEEP_S);
    else this.feed();
  };
}

function remove(video: HTMLVideoElement): void {
  video.remove();
  video.removeAttribute("src");
  video.load();
}
