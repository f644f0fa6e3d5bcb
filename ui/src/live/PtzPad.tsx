/** Moving a camera: hold an arrow, and it stops when you let go. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../ask";
import { said, t } from "../words";
import * as marks from "./icons";
import { Grip, type Move, MOVE_KEYS, ptz, type Reach } from "./ptz";

const NAMES: Record<Move, string> = { up: said("Up"), down: said("Down"), left: said("Left"), right: said("Right"), "zoom-in": said("Zoom in"), "zoom-out": said("Zoom out") };

export function PtzPad({ camera, reach, trouble }: { camera: string; reach: Reach; trouble: (text: string) => void }) {
  const [held, setHeld] = useState<Move | null>(null);
  const grip = useRef<Grip | null>(null);
  const told = (error: unknown): void => {
    setHeld(null);
    trouble(error instanceof ApiError ? [error.message, error.hint].filter(Boolean).join(" ") : String(error));
  };
  const start = (move: Move): void => {
    grip.current?.start(move);
    setHeld(move);
  };
  const stop = (): void => {
    grip.current?.stop();
    setHeld(null);
  };

  useEffect(() => {
    const made = new Grip(camera, told);
    grip.current = made;
    const key = (event: KeyboardEvent): void => {
      const move = MOVE_KEYS[event.key];
      if (!move || !reach.moves.includes(move) || event.metaKey || event.ctrlKey || event.altKey) return;
      event.preventDefault();
      if (!event.repeat) start(move);
    };
    const up = (event: KeyboardEvent): void => {
      if (MOVE_KEYS[event.key]) stop();
    };
    const hide = (): void => {
      if (document.hidden) stop();
    };
    addEventListener("keydown", key);
    addEventListener("keyup", up);
    addEventListener("blur", stop);
    addEventListener("pagehide", stop);
    document.addEventListener("visibilitychange", hide);
    return () => {
      removeEventListener("keydown", key);
      removeEventListener("keyup", up);
      removeEventListener("blur", stop);
      removeEventListener("pagehide", stop);
      document.removeEventListener("visibilitychange", hide);
      made.stop();
    };
  }, [camera, reach]);

  const button = (move: Move) =>
    reach.moves.includes(move) ? (
      <button
        key={move}
        class={`ptz-${move} ${held === move ? "is-held" : ""}`}
        type="button"
        aria-label={t("{move} (hold)", { move: t(NAMES[move]) })}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          start(move);
        }}
        onPointerUp={stop}
        onPointerCancel={stop}
        onLostPointerCapture={stop}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if ((event.key === " " || event.key === "Enter") && !event.repeat) start(move);
        }}
        onKeyUp={(event) => {
          if (event.key === " " || event.key === "Enter") stop();
        }}
        onBlur={stop}
      >
        <marks.Arrow turn={{ up: 0, right: 90, down: 180, left: 270 }[move as "up"] ?? null} plus={move === "zoom-in"} />
      </button>
    ) : null;
  return (
    <div class="ptz" role="group" aria-label={t("Move the camera")}>
      <div class="ptz-pad">{(["up", "left", "right", "down"] as const).map(button)}</div>
      <div class="ptz-zoom">{(["zoom-out", "zoom-in"] as const).map(button)}</div>
      {reach.presets.length ? (
        <select
          class="ptz-presets"
          aria-label={t("Turn to")}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            event.currentTarget.value = "";
            if (chosen) ptz.preset(camera, Number(chosen)).catch(told);
          }}
        >
          <option value="">{t("Turn to…")}</option>
          {reach.presets.map((preset) => (
            <option key={preset.number} value={preset.number}>
              {preset.name || t("Preset {n}", { n: preset.number })}
            </option>
          ))}
        </select>
      ) : null}
    </div>
  );
}
