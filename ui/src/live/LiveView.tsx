/** One live picture: MSE first, the smaller stream or MJPEG where the browser cannot play, and an honest word why. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera, StreamName } from "../api";
import { now_us } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { fallback, firstMode, type Mode } from "./modes";
import { Pictures } from "./Pictures";
import type { Picture } from "./player";
import { missing, type Say, say } from "./say";
import { Show, type Wish } from "./show";
import { Speaker, storedVolume, storeVolume } from "./sound";
import { useZoom, type Zoom } from "./useZoom";

export interface Sound {
  has: boolean;
  on: boolean;
  volume: number;
  set: (on: boolean) => void;
  setVolume: (volume: number) => void;
}
/** What stands over the picture may ask for. */
export interface Over {
  say: Say;
  zoom: Zoom;
  sound: Sound;
  video: () => HTMLVideoElement | null;
}

/** `full`: the large stream, with zoom and sound. `active` false: nobody sees it, so it stops. */
export function LiveView({ camera, full = false, stream = full ? "main" : "sub", active = true, children }: { camera: Camera; full?: boolean; stream?: StreamName; active?: boolean; children?: (over: Over) => ComponentChildren }) {
  const wanted: StreamName = camera.streams.some((each) => each.stream === stream) ? stream : "main";
  const hasStream = camera.streams.length > 0;
  const [mode, setMode] = useState<Mode>(firstMode(camera, wanted));
  const [picture, setPicture] = useState<Picture>({ kind: "waiting", why: "" });
  const [note, setNote] = useState("");
  const [speaker, setSpeaker] = useState<Speaker | null>(null);
  const [volume, setVolume] = useState(storedVolume);
  const [behind_s, setBehind] = useState<number | null>(null);
  const [seen, setSeen] = useState(true);
  const root = useRef<HTMLDivElement>(null);
  const holder = useRef<HTMLDivElement>(null);
  const show = useRef<Show | null>(null);
  const latest = useRef({ camera, mode });
  latest.current = { camera, mode };
  const hidden = camera.state === "private";
  const video = mode.way === "video" && !hidden;
  const zoom = useZoom(root, full && !hidden);

  const hear = (told: Picture, wish: Wish): void => {
    const { camera: now, mode: asked } = latest.current;
    if (told.kind === "unheard") {
      setNote(t("This browser cannot play the camera's sound."));
      setSpeaker(null);
      return;
    }
    if (told.kind === "unplayable" || told.kind === "picture-only") {
      if (asked.way !== "video" || wish.stream !== asked.stream) return;
      const other = fallback(now, wish.stream, told.codec);
      setNote(told.kind === "picture-only" ? "" : other.note);
      setMode(told.kind === "picture-only" ? { way: "pictures" } : other.mode);
      return;
    }
    setPicture(told);
  };

  useEffect(() => {
    setMode(firstMode(latest.current.camera, wanted));
    setNote("");
  }, [camera.id, wanted, hasStream]);

  useEffect(() => {
    if (!video || !holder.current) return undefined;
    const made = new Show(holder.current, camera.id, camera.name, hear);
    show.current = made;
    setPicture({ kind: "waiting", why: "" });
    return () => {
      made.close();
      show.current = null;
    };
  }, [camera.id, video]);

  useEffect(() => {
    const shown = show.current;
    if (!shown || mode.way !== "video") return;
    const small = latest.current.camera.streams.find((each) => each.stream === "sub");
    // the small stream is there sooner: it is shown until the large one has its first picture
    if (mode.stream === "main" && !shown.video && small && small.codec !== "h265") shown.want({ stream: "sub", sound: null });
    shown.want({ stream: mode.stream, sound: speaker });
    shown.setVolume(volume);
  }, [camera.id, video, mode.way === "video" && mode.stream, speaker]);

  useEffect(() => show.current?.watch(active && seen), [camera.id, video, active, seen]);

  useEffect(() => {
    if (!root.current) return undefined;
    const watch = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? true), { rootMargin: "120px" });
    watch.observe(root.current);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const timer = setInterval(() => setBehind(show.current?.behind_s() ?? null), 1000);
    return () => clearInterval(timer);
  }, []);

  useEffect(() => () => speaker?.close(), [speaker]);
  useEffect(() => {
    if (!full || hidden) setSpeaker(null);
  }, [full, hidden]);

  const sound: Sound = {
    has: video && camera.streams.some((each) => each.stream === (mode.way === "video" ? mode.stream : "main") && each.has_audio),
    on: speaker !== null,
    volume,
    set: (on) => {
      const made = on ? new Speaker() : null;
      made?.setVolume(volume);
      setSpeaker(made);
    },
    setVolume: (next) => {
      setVolume(next);
      storeVolume(next);
      speaker?.setVolume(next);
      show.current?.setVolume(next);
    },
  };
  const down = camera.state !== "live" && camera.state !== "quarantined";
  const empty = video && !show.current?.video;
  const over = missing(camera, now_us.value);
  const { scale, x, y } = zoom.view;
  return (
    <>
      <div class={`live ${down ? "is-down" : ""} ${full ? "is-full" : ""}`} ref={root}>
        <div class="live-picture" style={{ transform: scale > 1 ? `translate(${x}px, ${y}px) scale(${scale})` : "none" }}>
          <div class="live-videos" ref={holder} />
          {mode.way === "pictures" && !down ? <Pictures camera={camera} /> : null}
        </div>
        {down ? (
          <div class="live-message" role="status">
            <strong>{over.title}</strong>
            <span>{told(over.detail) || (picture.kind === "waiting" ? picture.why : "")}</span>
            {camera.state === "lost" ? <span>{t("Reconnecting…")}</span> : null}
          </div>
        ) : picture.kind === "blocked" && video ? (
          <div class="live-message">
            <button class="button is-glass" type="button" onClick={() => show.current?.unblock()}>
              {t("Play")}
            </button>
          </div>
        ) : empty ? (
          <div class="live-message is-soft" role="status">
            <span class="spinner" aria-hidden="true" />
            {picture.kind === "waiting" && picture.why ? <span>{picture.why}</span> : <span class="sr">{t("Waiting for the picture")}</span>}
          </div>
        ) : null}
        {note ? <div class="live-note">{note}</div> : null}
      </div>
      {children?.({ say: say(camera, picture, behind_s, mode.way === "pictures"), zoom, sound, video: () => show.current?.video ?? null })}
    </>
  );
}
