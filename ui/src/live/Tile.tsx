/** A camera on the wall: its live picture, its name, and how much moves in it. */

import type { Camera } from "../api";
import { stateName } from "../format";
import { LiveView } from "./LiveView";

/** 0..1 of the meter: motion spans three decades, so a linear bar would show nothing or everything. */
export function meter(frac: number): number {
  return frac <= 0.0005 ? 0 : Math.min(1, Math.log10(frac / 0.0005) / Math.log10(0.5 / 0.0005));
}

export function Motion({ camera }: { camera: Camera }) {
  const above = camera.motion_frac >= camera.motion_limit_frac;
  return (
    <div
      class={`motion ${above ? "is-above" : ""}`}
      role="meter"
      aria-label={`Motion at ${camera.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(camera.motion_frac * 100)}
    >
      <span class="motion-bar" style={{ transform: `scaleX(${meter(camera.motion_frac)})` }} />
      <span class="motion-limit" style={{ left: `${meter(camera.motion_limit_frac) * 100}%` }} />
    </div>
  );
}

export const Dot = ({ state }: { state: string }) => <span class={`dot is-${state}`} aria-hidden="true" />;

export function Tile({ camera, width_px, aspect }: { camera: Camera; width_px: number; aspect: number }) {
  return (
    <a
      class="tile"
      href={`/?camera=${camera.id}`}
      style={{ width: `${width_px}px`, height: `${width_px / aspect}px` }}
      aria-label={`${camera.name}: ${stateName(camera.state)}. Enlarge`}
      data-tile={camera.id}
    >
      <LiveView camera={camera} stream="sub" />
      <div class="tile-foot">
        <Dot state={camera.state} />
        <span class="tile-name">{camera.name}</span>
      </div>
      <Motion camera={camera} />
    </a>
  );
}
