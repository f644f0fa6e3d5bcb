/** Which way a camera is shown: as video of one of its streams, or picture by picture. */

import type { Camera, StreamName } from "../api";
import { codecName } from "../format";
import { t } from "../words";

export type Mode = { way: "video"; stream: StreamName } | { way: "pictures" };

/** How to show a camera at first: one without a stream gives single pictures only. */
export function firstMode(camera: Camera, stream: StreamName): Mode {
  return camera.streams.length > 0 ? { way: "video", stream } : { way: "pictures" };
}

/** What to try after the browser could not play `stream`. */
export function fallback(camera: Camera, stream: StreamName, codec: string): { mode: Mode; note: string } {
  const other = codec === "h264" ? undefined : camera.streams.find((each) => each.stream !== stream && each.codec === "h264");
  if (other) {
    const note = t(other.stream === "sub" ? "This browser cannot play {codec}: this is the smaller stream." : "This browser cannot play {codec}: this is the larger stream.", { codec: codecName(codec) });
    return { mode: { way: "video", stream: other.stream }, note };
  }
  return { mode: { way: "pictures" }, note: t("This browser cannot play {codec}: these are single pictures.", { codec: codecName(codec) }) };
}
