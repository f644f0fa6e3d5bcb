/** An event's picture that moves for some seconds when somebody points at it for a moment, or holds a finger on it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { at, type HouseEvent } from "../api";
import { EventPicture } from "../parts/EventPicture";

const WAIT_MS = 280;
const HOLD_MS = 420;
const LONGEST_MS = 12_000;
const BEFORE_US = 1.5e6;
const AFTER_US = 3.5e6;

const still = matchMedia("(prefers-reduced-motion: reduce)");

export function Preview({ event }: { event: HouseEvent }) {
  const [playing, setPlaying] = useState(false);
  const [shown, setShown] = useState(false);
  const timer = useRef(0);
  const held = useRef(false);
  const stop = (): void => {
    clearTimeout(timer.current);
    setPlaying(false);
    setShown(false);
  };
  const later = (ms: number): void => {
    clearTimeout(timer.current);
    if (still.matches) return;
    timer.current = window.setTimeout(() => {
      held.current = true;
      setPlaying(true);
      timer.current = window.setTimeout(stop, LONGEST_MS);
    }, ms);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const start_us = Math.max(event.clip_start_us, event.best_us - BEFORE_US);
  return (
    <div
      class={`preview ${shown ? "is-playing" : ""}`}
      onPointerEnter={(pointer) => pointer.pointerType === "mouse" && later(WAIT_MS)}
      onPointerDown={(pointer) => {
        held.current = false;
        if (pointer.pointerType !== "mouse") later(HOLD_MS);
      }}
      onPointerUp={(pointer) => pointer.pointerType !== "mouse" && stop()}
      onPointerCancel={stop}
      onPointerLeave={stop}
      onContextMenu={(menu) => held.current && menu.preventDefault()}
      onClick={(click) => {
        // a finger that was held to look does not open the event
        if (held.current && playing && (click as unknown as PointerEvent).pointerType !== "mouse") click.preventDefault();
      }}
    >
      <EventPicture event={event} near />
      {playing ? (
        <video
          class="preview-film"
          src={at.footage(event.camera, Math.round(start_us), Math.round(start_us + BEFORE_US + AFTER_US), "sub")}
          muted
          autoplay
          loop
          playsInline
          aria-hidden="true"
          onPlaying={() => setShown(true)}
          onError={stop}
        />
      ) : null}
    </div>
  );
}
