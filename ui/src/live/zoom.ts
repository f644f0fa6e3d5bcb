/** Looking closer at a picture: how a view of it is shifted and enlarged, never beyond its edges. */

export interface View {
  scale: number;
  /** Shift of the picture in pixels of its box, from the box's middle. */
  x: number;
  y: number;
}
export interface Box {
  w: number;
  h: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
export const MOST = 8;
export const CLOSER = 2.5;

/** `view` with nothing beside the picture in sight. */
export function within({ scale, x, y }: View, box: Box): View {
  const s = Math.min(MOST, Math.max(1, scale));
  const far = { x: (box.w * (s - 1)) / 2, y: (box.h * (s - 1)) / 2 };
  const held = (value: number, most: number): number => Math.min(most, Math.max(-most, value)) + 0; // no negative zero
  return { scale: s, x: held(x, far.x), y: held(y, far.y) };
}

/** Enlarge by `factor` so that what is at (`px`, `py`), counted from the box's corner, stays there. */
export function zoomedAt(view: View, factor: number, px: number, py: number, box: Box): View {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const real = scale / view.scale;
  const [cx, cy] = [px - box.w / 2, py - box.h / 2];
  return within({ scale, x: cx - (cx - view.x) * real, y: cy - (cy - view.y) * real }, box);
}

export const movedBy = (view: View, dx: number, dy: number, box: Box): View => within({ ...view, x: view.x + dx, y: view.y + dy }, box);
