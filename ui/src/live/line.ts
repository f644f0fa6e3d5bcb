/** Where a player gets its messages from: a connection of its own, or its part of the one that all tiles share. A browser opens
 * connections to one house one after the other, so eight of them would keep the last tile waiting for seven others. */

import { at, type StreamName } from "../api";

export interface Line {
  onmessage: ((data: string | ArrayBuffer) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

/** How long a connection nobody uses stays open: a page that changes opens its next tiles at once. */
const GRACE_MS = 1000;

export function openLine(camera: string, stream: StreamName, sound: boolean): Line {
  return (stream === "sub" && !sound ? join(camera) : null) ?? own(at.live(camera, stream, sound));
}

function own(address: string): Line {
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  const line: Line = { onmessage: null, onclose: null, close: () => socket.close() };
  socket.onmessage = (message) => line.onmessage?.(message.data as string | ArrayBuffer);
  socket.onclose = () => line.onclose?.();
  return line;
}

/** What a binary message of the shared connection is: the camera's id, one byte of length before it, and the rest. */
export function parted(data: ArrayBuffer): [string, ArrayBuffer] {
  const size = new Uint8Array(data, 0, 1)[0] ?? 0;
  return [new TextDecoder().decode(new Uint8Array(data, 1, size)), data.slice(1 + size)];
}

class Shared {
  readonly lines = new Map<string, Line>();
  private readonly socket = new WebSocket(at.wall());
  private empty = 0;

  constructor() {
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      for (const camera of this.lines.keys()) this.say({ watch: camera });
    };
    this.socket.onmessage = (message) => {
      const data = message.data as string | ArrayBuffer;
      if (typeof data === "string") this.lines.get((JSON.parse(data) as { camera: string }).camera)?.onmessage?.(data);
      else {
        const [camera, rest] = parted(data);
        this.lines.get(camera)?.onmessage?.(rest);
      }
    };
    this.socket.onclose = () => this.end();
  }

  join(camera: string): Line {
    clearTimeout(this.empty);
    const line: Line = { onmessage: null, onclose: null, close: () => this.leave(camera, line) };
    this.lines.set(camera, line);
    this.say({ watch: camera });
    return line;
  }

  private leave(camera: string, line: Line): void {
    if (this.lines.get(camera) !== line) return;
    this.lines.delete(camera);
    this.say({ leave: camera });
    if (!this.lines.size) this.empty = window.setTimeout(() => this.socket.close(), GRACE_MS);
  }

  private say(wish: { watch: string } | { leave: string }): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(wish));
  }

  private end(): void {
    if (shared === this) shared = null;
    const left = [...this.lines.values()];
    this.lines.clear();
    for (const line of left) line.onclose?.();
  }
}

let shared: Shared | null = null;

/** A camera that is shown twice at the same time has its second picture from elsewhere. */
function join(camera: string): Line | null {
  shared ??= new Shared();
  return shared.lines.has(camera) ? null : shared.join(camera);
}
