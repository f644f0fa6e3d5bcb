/** An event's picture; the house has drawn the box of what was seen into it. */

import { at, type HouseEvent } from "../api";
import { clock, labelName } from "../format";
import { cameraName } from "../store";
import { t } from "../words";
import { closeUp } from "./closeUp";
import * as icons from "./icons";

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
