/** What can be done with a picture that fills the screen or a page: closer, sound, save, move the camera. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Camera } from "../api";
import { going } from "../format";
import { useKeys } from "../parts/bits";
import * as icons from "../parts/icons";
import { go } from "../router";
import { now_us, session } from "../store";
import { t } from "../words";
import { figure } from "../words/figures";
import * as marks from "./icons";
import { canFill, fill, unfill } from "./kiosk";
import type { Over } from "./LiveView";
import { PtzPad } from "./PtzPad";
import { MOVE_KEYS, ptz, type Reach } from "./ptz";
import { snapshot } from "./snapshot";
import type { Steps } from "./Tile";

const STEP = 1.5;
const PAN_PX = 60;
const STILL: Reach = { moves: [], presets: [] };

/** How the camera moves, asked once; a camera that cannot be asked now stands still for this page. */
function useReach(camera: string): Reach {
  const [reach, setReach] = useState<Reach>(STILL);
  const may = session.value?.user?.role !== "viewer";
  useEffect(() => {
    let current = true;
    setReach(STILL);
    if (may) ptz.reach(camera).then((found) => current && setReach(found), () => undefined);
    return () => {
      current = false;
    };
  }, [camera, may]);
  return reach;
}

/** `close`: where the enlarged picture closes to; without it the controls stand in a page. */
export function Controls({ camera, over, close, steps }: { camera: Camera; over: Over; close?: string; steps?: Steps | null }) {
  const { say, zoom, sound } = over;
  const [moving, setMoving] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [saved, setSaved] = useState(false);
  const out = useRef<HTMLAnchorElement>(null);
  const reach = useReach(camera.id);
  const closer = zoom.view.scale > 1;
  const whole = close !== undefined;

  useEffect(() => {
    setMoving(false);
    setTrouble("");
    out.current?.focus();
  }, [camera.id]);
  useEffect(() => {
    if (!trouble) return undefined;
    const timer = setTimeout(() => setTrouble(""), 8000);
    return () => clearTimeout(timer);
  }, [trouble]);

  const save = (): void => {
    snapshot(camera, over.video()).then(
      () => {
        setSaved(true);
        setTimeout(() => setSaved(false), 1600);
      },
      (error: unknown) => setTrouble(error instanceof Error ? error.message : String(error)),
    );
  };
  useKeys((event) => {
    if (document.querySelector("dialog[open]")) return;
    const { key } = event;
    if (whole && key === "Escape") {
      if (closer) zoom.reset();
      else if (moving) setMoving(false);
      else go(close);
      return;
    }
    const typing = (event.target as Element | null)?.closest?.("button, a, input, select, [role=slider]");
    if (!whole && typing) return;
    const move = MOVE_KEYS[key];
    if (moving && move && reach.moves.includes(move)) return; // the pad's
    if (key === "+" || key === "=") zoom.by(STEP);
    else if (key === "-") zoom.by(1 / STEP);
    else if (key === "0") zoom.reset();
    else if (key === "s") save();
    else if (key === "m" && sound.has) sound.set(!sound.on);
    else if (!key.startsWith("Arrow")) return;
    else if (closer) zoom.move(key === "ArrowLeft" ? PAN_PX : key === "ArrowRight" ? -PAN_PX : 0, key === "ArrowUp" ? PAN_PX : key === "ArrowDown" ? -PAN_PX : 0);
    else if (steps && key === "ArrowLeft") go(steps.before, true);
    else if (steps && key === "ArrowRight") go(steps.after, true);
  });
  const main = camera.streams.find((stream) => stream.stream === "main") ?? camera.streams[0];
  const live = camera.state === "live";
  return (
    <>
      {whole ? (
        <div class="enlarged-head">
          <strong>{camera.name}</strong>
          <span class={`tile-state is-${say.tone}`}>{say.word}</span>
          <span class="enlarged-facts">{main && live ? `${main.width_px} × ${main.height_px} · ${t("{n} fps", { n: figure(main.fps) })}` : live ? "" : going(now_us.value - camera.since_us)}</span>
          <span class="spacer" />
          <a class="button is-glass" href={`/cameras/${encodeURIComponent(camera.id)}`}>
            {t("Timeline")}
          </a>
          <a class="button is-glass is-round" href={close} ref={out} aria-label={t("Close")}>
            <icons.Close />
          </a>
        </div>
      ) : (
        <span class={`stage-state tile-state is-${say.tone}`}>{say.word}</span>
      )}
      {steps && !moving ? (
        <>
          <button class="enlarged-step is-left" type="button" aria-label={t("Previous camera")} onClick={() => go(steps.before, true)}>
            <icons.Back />
          </button>
          <button class="enlarged-step is-right" type="button" aria-label={t("Next camera")} onClick={() => go(steps.after, true)}>
            <icons.Next />
          </button>
        </>
      ) : null}
      {moving ? <PtzPad camera={camera.id} reach={reach} trouble={setTrouble} /> : null}
      {trouble ? (
        <p class="live-trouble" role="alert">
          {trouble}
        </p>
      ) : null}
      <div class="live-bar" role="toolbar" aria-label={t("{camera}: picture", { camera: camera.name })}>
        {closer ? (
          <button class="live-scale" type="button" onClick={zoom.reset} aria-label={t("Show the whole picture")}>
            {figure(zoom.view.scale, 1)} ×
          </button>
        ) : null}
        <button class="live-tool is-wide-only" type="button" aria-label={t("Closer")} title={t("Closer (+)")} onClick={() => zoom.by(STEP)}>
          <marks.Closer />
        </button>
        <button class="live-tool is-wide-only" type="button" aria-label={t("Further away")} title={t("Further away (−)")} disabled={!closer} onClick={() => zoom.by(1 / STEP)}>
          <marks.Further />
        </button>
        {reach.moves.length ? (
          <button class="live-tool" type="button" aria-label={t("Move the camera")} title={t("Move the camera")} aria-pressed={moving} onClick={() => setMoving(!moving)}>
            <marks.Move />
          </button>
        ) : null}
        {sound.has ? (
          <span class="live-sound">
            <button class="live-tool" type="button" aria-label={sound.on ? t("Sound off") : t("Sound on")} title={t("Sound (m)")} aria-pressed={sound.on} onClick={() => sound.set(!sound.on)}>
              {sound.on ? <marks.Loud /> : <marks.Mute />}
            </button>
            {sound.on ? <input type="range" min="0" max="1" step="0.05" aria-label={t("Volume")} value={sound.volume} onInput={(event) => sound.setVolume(Number(event.currentTarget.value))} /> : null}
          </span>
        ) : null}
        <button class="live-tool" type="button" aria-label={t("Save this picture")} title={t("Save this picture (s)")} onClick={save} disabled={camera.state === "private"}>
          {saved ? <icons.Check /> : <marks.Shot />}
        </button>
        {whole && canFill() ? (
          <button class="live-tool" type="button" aria-label={t("Full screen")} title={t("Full screen")} onClick={() => (document.fullscreenElement ? unfill() : fill())}>
            <marks.Fill />
          </button>
        ) : null}
        <span class="sr" role="status">
          {saved ? t("Saved") : ""}
        </span>
      </div>
    </>
  );
}
