/** How much moves before a camera, and how the camera stands, at a glance. */

import type { Camera } from "../api";
import { t } from "../words";

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
      aria-label={t("Motion at {camera}", { camera: camera.name })}
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
