/** Fingers, wheel and double taps on a picture become a View of it. */

import { type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { CLOSER, movedBy, type View, WHOLE, zoomedAt } from "./zoom";

const DOUBLE_MS = 320;
const DOUBLE_PX = 30;

export interface Zoom {
  view: View;
  by: (factor: number) => void;
  move: (dx: number, dy: number) => void;
  reset: () => void;
}

export function useZoom(target: RefObject<HTMLElement | null>, on: boolean): Zoom {
  const [view, setView] = useState<View>(WHOLE);
  const now = useRef(view);
  const set = (next: View): void => {
    now.current = next;
    setView(next);
  };
  const box = (): { w: number; h: number } => ({ w: target.current?.clientWidth ?? 1, h: target.current?.clientHeight ?? 1 });

  useEffect(() => {
    const element = target.current;
    if (!on || !element) {
      set(WHOLE);
      return undefined;
    }
    const fingers = new Map<number, { x: number; y: number }>();
    let tap = { at_ms: 0, x: 0, y: 0 };
    const place = (event: PointerEvent | WheelEvent): { x: number; y: number } => {
      const rect = element.getBoundingClientRect();
      return { x: event.clientX - rect.left, y: event.clientY - rect.top };
    };
    const spread = (): { x: number; y: number; apart: number } => {
      const [a, b] = [...fingers.values()];
      if (!a || !b) return { x: a?.x ?? 0, y: a?.y ?? 0, apart: 0 };
      return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) };
    };
    const down = (event: PointerEvent): void => {
      if (event.button !== 0 || (event.target as Element).closest("button, a, input, select")) return;
      const at = place(event);
      fingers.set(event.pointerId, at);
      element.setPointerCapture(event.pointerId);
      if (fingers.size > 1) {
        tap.at_ms = 0;
        return;
      }
      const twice = event.timeStamp - tap.at_ms < DOUBLE_MS && Math.hypot(at.x - tap.x, at.y - tap.y) < DOUBLE_PX;
      tap = { at_ms: twice ? 0 : event.timeStamp, ...at };
      if (twice) set(now.current.scale > 1 ? WHOLE : zoomedAt(WHOLE, CLOSER, at.x, at.y, box()));
    };
    const move = (event: PointerEvent): void => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const old = spread();
      fingers.set(event.pointerId, place(event));
      const fresh = spread();
      const moved = movedBy(now.current, fresh.x - old.x, fresh.y - old.y, box());
      set(fingers.size === 2 && old.apart > 0 ? zoomedAt(moved, fresh.apart / old.apart, fresh.x, fresh.y, box()) : moved);
    };
    const up = (event: PointerEvent): void => {
      fingers.delete(event.pointerId);
    };
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const at = place(event);
      set(zoomedAt(now.current, Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0022)), at.x, at.y, box()));
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) element.addEventListener(end, up);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", move);
      for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) element.removeEventListener(end, up);
      element.removeEventListener("wheel", wheel);
    };
  }, [on]);

  return {
    view,
    by: (factor) => set(zoomedAt(now.current, factor, box().w / 2, box().h / 2, box())),
    move: (dx, dy) => set(movedBy(now.current, dx, dy, box())),
    reset: () => set(WHOLE),
  };
}
