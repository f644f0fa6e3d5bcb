/** Showing somebody in a picture from near. */

import type { Rect } from "../api";

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
