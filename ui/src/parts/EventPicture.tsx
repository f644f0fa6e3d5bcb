/** An event's picture with the box of what was seen drawn over it. */

import { at, type HouseEvent } from "../api";
import { labelName } from "../format";
import * as icons from "./icons";

export function Frame({ event }: { event: HouseEvent }) {
  const box = event.box;
  if (!box) return null;
  const percent = (value: number): string => `${(value * 100).toFixed(2)}%`;
  return (
    <span
      class="frame"
      aria-hidden="true"
      style={{ left: percent(box.x0), top: percent(box.y0), width: percent(box.x1 - box.x0), height: percent(box.y1 - box.y0) }}
    />
  );
}

export function EventPicture({ event, eager = false }: { event: HouseEvent; eager?: boolean }) {
  return (
    <div class="picture">
      {event.picture ? (
        <>
          <img src={at.picture(event.id, event.best_us)} alt={`${labelName(event.kind, event.label)} as the camera saw it`} loading={eager ? "eager" : "lazy"} decoding="async" />
          <Frame event={event} />
        </>
      ) : (
        <span class="picture-none">
          <icons.Eye />
        </span>
      )}
    </div>
  );
}
