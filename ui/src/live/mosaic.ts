/** Where the tiles of a wall go: rows of one height each, every picture in its own shape, as much of the space used as can be. */

export interface Spot {
  x: number;
  y: number;
  w: number;
  h: number;
}
export interface Mosaic {
  spots: Spot[];
  width: number;
  height: number;
}

/** How much higher than the lowest row another one may be: even walls look calm, full ones show more. */
const STRETCHES = [1, 1.35, Infinity];
/** Above this every way to break the tiles into rows would be too many; then all rows but the last have as many. */
const TRY_ALL = 9;
/** A wall that scrolls may be that much higher than the screen before larger pictures are worth less. */
const SCROLL = 1.4;

export const SHAPE = 16 / 9;

/** The shape of a camera's picture, within what a wall can stand. */
export const shape = (width_px: number, height_px: number): number => (width_px > 0 && height_px > 0 ? Math.min(2.6, Math.max(0.5, width_px / height_px)) : SHAPE);

function* breaks(count: number): Generator<number[]> {
  if (count <= TRY_ALL) {
    for (let cuts = 0; cuts < 2 ** (count - 1); cuts += 1) {
      const rows = [1];
      for (let each = 0; each < count - 1; each += 1) {
        if (cuts & (1 << each)) rows.push(1);
        else rows[rows.length - 1] = (rows.at(-1) ?? 0) + 1;
      }
      yield rows;
    }
    return;
  }
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Array.from({ length: Math.ceil(count / columns) }, () => columns);
    rows[rows.length - 1] = count - columns * (rows.length - 1);
    yield rows;
  }
}

interface Plan {
  rows: readonly number[];
  heights: number[];
  worth: number;
}

function plan(rows: readonly number[], sums: readonly number[], stretch: number, width: number, height: number, gap: number, scrolls: boolean): Plan {
  const full = rows.map((count, row) => (width - gap * (count - 1)) / (sums[row] ?? 1));
  const lowest = Math.min(...full);
  let heights = full.map((each) => Math.min(each, lowest * stretch));
  const total = heights.reduce((sum, each) => sum + each, 0);
  const room = height - gap * (rows.length - 1);
  let worth = 1;
  if (scrolls) worth = Math.min(1, (SCROLL * room) / total) ** 3;
  else if (total > room) heights = heights.map((each) => (each * Math.max(0, room)) / total);
  const area = heights.reduce((sum, each, row) => sum + each * each * (sums[row] ?? 1), 0);
  return { rows, heights, worth: worth * area * Math.sqrt(Math.min(...heights) / Math.max(1, ...heights)) };
}

/** `scrolls`: rows are as wide as the space and the wall may be higher than it. */
export function mosaic(shapes: readonly number[], width: number, height: number, gap: number, scrolls = false): Mosaic {
  if (!shapes.length || width <= 0) return { spots: [], width: 0, height: 0 };
  let best: Plan | null = null;
  for (const rows of breaks(shapes.length)) {
    let at = 0;
    const sums = rows.map((count) => shapes.slice(at, (at += count)).reduce((sum, each) => sum + each, 0));
    for (const stretch of scrolls ? [Infinity] : STRETCHES) {
      const found = plan(rows, sums, stretch, width, height, gap, scrolls);
      if (!best || found.worth > best.worth * 1.001) best = found;
    }
  }
  const spots: Spot[] = [];
  let y = 0;
  best?.rows.forEach((count, row) => {
    const exact = best.heights[row] ?? 0;
    const h = Math.floor(exact);
    let x = 0;
    for (const each of shapes.slice(spots.length, spots.length + count)) {
      const w = Math.min(Math.floor(exact * each + 1e-6), width - x);
      spots.push({ x, y, w, h });
      x += w + gap;
    }
    y += h + gap;
  });
  return { spots, width: Math.max(...spots.map((spot) => spot.x + spot.w)), height: y - gap };
}

/** Where an arrow key leads from the tile at `index`; the same place at an edge. */
export function neighbour(index: number, key: string, spots: readonly Spot[]): number {
  const here = spots[index];
  if (!here) return 0;
  if (key === "Home") return 0;
  if (key === "End") return spots.length - 1;
  if (key === "ArrowLeft") return Math.max(0, index - 1);
  if (key === "ArrowRight") return Math.min(spots.length - 1, index + 1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return index;
  const beyond = spots.filter((spot) => (key === "ArrowUp" ? spot.y < here.y : spot.y > here.y));
  const row = key === "ArrowUp" ? Math.max(...beyond.map((spot) => spot.y)) : Math.min(...beyond.map((spot) => spot.y));
  const off = (spot: Spot): number => Math.abs(spot.x + spot.w / 2 - here.x - here.w / 2);
  const next = beyond.filter((spot) => spot.y === row).sort((a, b) => off(a) - off(b))[0];
  return next ? spots.indexOf(next) : index;
}
