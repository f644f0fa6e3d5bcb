/** One live picture: MSE first, the smaller stream or MJPEG where the browser cannot play, and an honest word why. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera, State, StreamName } from "../api";
import { codecName } from "../format";
import { Pictures } from "./Pictures";
import { LivePlayer, type Picture } from "./player";

const WORDS: Partial<Record<State, string>> = { connecting: "Connecting…", lost: "Reconnecting…", private: "Private – not recorded" };

type Mode = { way: "video"; stream: StreamName } | { way: "pictures" };

/** How to show a camera at first: one without a stream gives single pictures only. */
export function firstMode(camera: Camera, stream: StreamName): Mode {
  return camera.streams.length > 0 ? { way: "video", stream } : { way: "pictures" };
}

/** What to try after the browser could not play `stream`. */
export function fallback(camera: Camera, stream: StreamName, codec: string): { mode: Mode; note: string } {
  const sub = camera.streams.find((each) => each.stream === "sub");
  if (stream === "main" && sub && sub.codec === "h264") {
    return { mode: { way: "video", stream: "sub" }, note: `This browser cannot play ${codecName(codec)}: this is the smaller stream.` };
  }
  return { mode: { way: "pictures" }, note: `This browser cannot play ${codecName(codec)}: these are single pictures.` };
}

export function LiveView({ camera, stream }: { camera: Camera; stream: StreamName }) {
  const wanted: StreamName = camera.streams.some((each) => each.stream === stream) ? stream : "main";
  const [mode, setMode] = useState<Mode>(firstMode(camera, wanted));
  const [picture, setPicture] = useState<Picture>({ kind: "waiting", why: "" });
  const [note, setNote] = useState("");
  const video = useRef<HTMLVideoElement>(null);
  const hidden = camera.state === "private";
  const playing = mode.way === "video" && !hidden ? mode.stream : null;
  const hasStream = camera.streams.length > 0;
  const latest = useRef(camera);
  latest.current = camera;

  useEffect(() => {
    setMode(firstMode(latest.current, wanted));
    setNote("");
  }, [camera.id, wanted, hasStream]);

  useEffect(() => {
    if (!playing || !video.current) return undefined;
    const player = new LivePlayer(video.current, camera.id, playing, (next) => {
      setPicture(next);
      if (next.kind === "unplayable" || next.kind === "picture-only") {
        const other = fallback(latest.current, playing, next.codec);
        setNote(next.kind === "picture-only" ? "" : other.note);
        setMode(next.kind === "picture-only" ? { way: "pictures" } : other.mode);
      }
    });
    return () => player.close();
  }, [camera.id, playing]);

  const down = camera.state !== "live";
  const waiting = picture.kind !== "playing" && mode.way === "video";
  return (
    <div class={`live ${down ? "is-down" : ""} ${waiting ? "is-waiting" : ""}`}>
      {hidden ? null : mode.way === "video" ? (
        <video ref={video} muted playsInline autoplay aria-label={`${camera.name}, live`} data-camera={camera.id} />
      ) : down ? null : (
        <Pictures camera={camera} />
      )}
      {down ? (
        <div class="live-message" role="status">
          <strong>{WORDS[camera.state] ?? "No picture"}</strong>
          <span>{camera.cause || (picture.kind === "waiting" ? picture.why : "")}</span>
        </div>
      ) : waiting ? (
        <div class="live-message is-soft" role="status">
          <span class="spinner" aria-hidden="true" />
          {picture.kind === "waiting" && picture.why ? <span>{picture.why}</span> : <span class="sr">Waiting for the picture</span>}
        </div>
      ) : null}
      {note ? <div class="live-note">{note}</div> : null}
    </div>
  );
}
