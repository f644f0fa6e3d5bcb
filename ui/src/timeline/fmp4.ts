/** When each picture of a fragmented MP4 is shown: what stepping by single pictures goes by. Wire facts: ISO/IEC 14496-12 §8.8. */

const VIDEO_TRACK = 1;

function* boxes(view: DataView, from: number, to: number): Generator<[kind: string, start: number, end: number]> {
  let at = from;
  while (at + 8 <= to) {
    let size = view.getUint32(at);
    const kind = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7));
    let head = 8;
    if (size === 1 && at + 16 <= to) {
      size = Number(view.getBigUint64(at + 8));
      head = 16;
    }
    if (size < head) return;
    yield [kind, at + head, Math.min(at + size, to)];
    at += size;
  }
}

function find(view: DataView, from: number, to: number, path: readonly string[]): readonly [number, number] | null {
  const [first, ...rest] = path;
  for (const [kind, start, end] of boxes(view, from, to)) {
    if (kind === first) return rest.length ? find(view, start, end, rest) : [start, end];
  }
  return null;
}

/** Ticks in a second of the first track of a `moov`. */
function timescale(view: DataView, from: number, to: number): number {
  const found = find(view, from, to, ["trak", "mdia", "mdhd"]);
  if (!found) return 90_000;
  return view.getUint32(found[0] + (view.getUint8(found[0]) === 1 ? 20 : 12));
}

function* shown(view: DataView, from: number, to: number): Generator<number> {
  let track = 0;
  let at = 0;
  for (const [kind, start] of boxes(view, from, to)) {
    if (kind === "tfhd") track = view.getUint32(start + 4);
    if (kind === "tfdt") at = view.getUint8(start) === 1 ? Number(view.getBigUint64(start + 4)) : view.getUint32(start + 4);
    if (kind !== "trun" || track !== VIDEO_TRACK) continue;
    const flags = view.getUint32(start) & 0xffffff;
    const count = view.getUint32(start + 4);
    let row = start + 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
    for (let each = 0; each < count; each += 1) {
      const duration = flags & 0x100 ? view.getUint32(row) : 0;
      if (flags & 0x100) row += 4;
      if (flags & 0x200) row += 4;
      if (flags & 0x400) row += 4;
      const offset = flags & 0x800 ? view.getInt32(row) : 0;
      if (flags & 0x800) row += 4;
      yield at + offset;
      at += duration;
    }
  }
}

/** The times, in seconds from the file's time 0, at which its pictures are shown, in order. */
export function pictures(data: ArrayBuffer): number[] {
  const view = new DataView(data);
  const found: number[] = [];
  let hz = 90_000;
  for (const [kind, start, end] of boxes(view, 0, data.byteLength)) {
    if (kind === "moov") hz = timescale(view, start, end);
    if (kind !== "moof") continue;
    for (const [inner, from, to] of boxes(view, start, end)) {
      if (inner === "traf") for (const ticks of shown(view, from, to)) found.push(ticks / hz);
    }
  }
  return found.sort((a, b) => a - b);
}
