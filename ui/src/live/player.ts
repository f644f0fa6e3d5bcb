/** Plays a camera's live stream: fMP4 fragments from a WebSocket into a media source, always near the newest picture. */

import { at, type StreamName } from "../api";

export type Picture =
  | { kind: "waiting"; why: string }
  | { kind: "playing" }
  | { kind: "unplayable"; codec: string }
  | { kind: "picture-only"; codec: string };

interface StartNote {
  type: "start";
  mime: string;
  codec: string;
  width_px: number;
  height_px: number;
}
type Note = StartNote | { type: "picture-only"; codec: string } | { type: "end"; reason: string; detail: string };

type MediaSourceKind = typeof MediaSource;
const sourceKind = (): MediaSourceKind | undefined =>
  (globalThis as { ManagedMediaSource?: MediaSourceKind }).ManagedMediaSource ?? globalThis.MediaSource;

const LAG_S = 1.2;
const KEEP_S = 8;
const SILENCE_MS = 8000;

/** Where playback should jump to, or null to go on: over a hole, into the buffer, or up to the live edge. */
export function jump(current: number, ranges: readonly (readonly [number, number])[], lag_s: number = LAG_S): number | null {
  const last = ranges.at(-1);
  if (!last) return null;
  const [start, end] = last;
  if (current < start) return Math.max(start, end - 0.2);
  if (end - current > lag_s) return Math.max(start, end - 0.2);
  return null;
}

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

export class LivePlayer {
  private socket: WebSocket | null = null;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private queue: ArrayBuffer[] = [];
  private address = "";
  private tries = 0;
  private retry = 0;
  private silence = 0;
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    private readonly stream: StreamName,
    private readonly tell: (picture: Picture) => void,
  ) {
    video.muted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true; // a managed media source asks for it
    document.addEventListener("visibilitychange", this.onVisible);
    video.addEventListener("playing", this.onPlaying);
    this.open();
  }

  close(): void {
    this.closed = true;
    document.removeEventListener("visibilitychange", this.onVisible);
    this.video.removeEventListener("playing", this.onPlaying);
    this.hangUp();
    this.dropSource();
    this.video.removeAttribute("src");
    this.video.load();
  }

  private readonly onPlaying = (): void => this.tell({ kind: "playing" });

  /** A page nobody sees costs the house nothing. */
  private readonly onVisible = (): void => {
    if (document.hidden) this.hangUp();
    else if (!this.socket) this.open();
  };

  private open(): void {
    if (this.closed || document.hidden) return;
    clearTimeout(this.retry);
    const socket = new WebSocket(at.live(this.camera, this.stream));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (message) => {
      if (this.socket === socket) this.take(message.data as string | ArrayBuffer);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.again("Reconnecting to Hearthwatch");
    };
    this.listen();
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.again("No picture for 8 s"), SILENCE_MS);
  }

  private hangUp(): void {
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private again(why: string): void {
    this.hangUp();
    if (this.closed) return;
    this.tell({ kind: "waiting", why });
    this.tries += 1;
    this.retry = window.setTimeout(() => this.open(), Math.min(8000, 500 * 2 ** Math.min(this.tries, 4)));
  }

  private take(data: string | ArrayBuffer): void {
    this.listen();
    if (typeof data === "string") {
      this.note(JSON.parse(data) as Note);
      return;
    }
    this.tries = 0;
    this.queue.push(data);
    this.feed();
  }

  private note(note: Note): void {
    if (note.type === "start") this.start(note);
    else if (note.type === "picture-only") this.giveUp({ kind: "picture-only", codec: note.codec });
    else {
      clearTimeout(this.silence); // the house says by itself when the camera is back
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
      this.giveUp({ kind: "unplayable", codec: note.codec });
      return;
    }
    this.dropSource();
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
    this.video.src = this.address;
    void this.video.play().catch(() => undefined); // it plays as soon as there is data; a policy that forbids it shows the still
  }

  private dropSource(): void {
    this.buffer?.removeEventListener("updateend", this.onFed);
    this.buffer = null;
    this.source = null;
    this.queue = [];
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
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
      this.again("The browser ran out of room for the video");
    }
  }

  private readonly onFed = (): void => {
    const { video, buffer } = this;
    if (!buffer || this.source?.readyState !== "open") return;
    const ranges: [number, number][] = [];
    for (let each = 0; each < buffer.buffered.length; each += 1) ranges.push([buffer.buffered.start(each), buffer.buffered.end(each)]);
    const target = jump(video.currentTime, ranges);
    if (target !== null) video.currentTime = target;
    if (video.paused && !this.closed) void video.play().catch(() => undefined);
    const oldest = ranges[0]?.[0] ?? 0;
    if (!buffer.updating && video.currentTime - oldest > 2 * KEEP_S) buffer.remove(0, video.currentTime - KEEP_S);
    else this.feed();
  };
}
