/** Which way a camera is shown: as video of one of its streams, or picture by picture. */

import type { Camera, StreamName } from "../api";
import { codecName } from "../format";

export type Mode = { way: "video"; stream: StreamName } | { way: "pictures" };

/** How to show a camera at first: one without a stream gives single pictures only. */
export function firstMode(camera: Camera, stream: StreamName): Mode {
  return camera.streams.length > 0 ? { way: "video", stream } : { way: "pictures" };
}

/** What to try after the browser could not play `stream`. */
export function fallback(camera: Camera, stream: StreamName, codec: string): { mode: Mode; note: string } {
  const other = codec === "h264" ? undefined : camera.streams.find((each) => each.stream !== stream && each.codec === "h264");
  if (other) {
    const size = other.stream === "sub" ? "smaller" : "larger";
    return { mode: { way: "video", stream: other.stream }, note: `This browser cannot play ${codecName(codec)}: this is the ${size} stream.` };
  }
  return { mode: { way: "pictures" }, note: `This browser cannot play ${codecName(codec)}: these are single pictures.` };
}
