/** An event's picture; the house has drawn the box of what was seen into it. */

import { at, type HouseEvent, type Rect } from "../api";
import { clock, labelName } from "../format";
import { cameraName } from "../store";
import { t } from "../words";
import * as icons from "./icons";

const MOST = 2.2;
const FILL = 0.6;

/** How to enlarge a picture so that `box` fills much of it: by how much, and about which point (percent). */
export function closeUp(box: Rect): { scale: number; x: number; y: number } {
  const scale = Math.min(MOST, Math.max(1, FILL / Math.max(box.y1 - box.y0, box.x1 - box.x0, 0.01)));
  const about = (low: number, high: number): number => {
    if (scale <= 1) return 50;
    const middle = (low + high) / 2;
    const shift = 0.5 - middle * scale; // where the picture's left edge comes to lie, in pictures
    const kept = Math.min(0, Math.max(1 - scale, shift));
    return (kept / (1 - scale)) * 100;
  };
  return { scale, x: about(box.x0, box.x1), y: about(box.y0, box.y1) };
}

/** `near` shows whom it is about from near, for small pictures. */
export function EventPicture({ event, eager = false, near = false }: { event: HouseEvent; eager?: boolean; near?: boolean }) {
  const close = near && event.box ? closeUp(event.box) : null;
  return (
    <div class="picture">
      {event.picture ? (
        <img
          src={at.picture(event.id)}
          alt={t("{what} at {camera}, {time}", { what: labelName(event.kind, event.label), camera: cameraName(event.camera), time: clock(event.start_us) })}
          loading={eager ? "eager" : "lazy"}
          decoding="async"
          style={close ? { transform: `scale(${close.scale.toFixed(3)})`, transformOrigin: `${close.x.toFixed(2)}% ${close.y.toFixed(2)}%` } : undefined}
        />
      ) : (
        <span class="picture-none">
          <icons.Eye />
        </span>
      )}
    </div>
  );
}
