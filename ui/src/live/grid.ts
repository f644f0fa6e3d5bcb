/** What a tile may lose in width for the sake of fewer rows: a full page looks better than a column and nothing beside it. */
const FEWER_ROWS = 0.85;

/** How many columns show `count` tiles of one shape largest in a space. */
export function columns(count: number, width_px: number, height_px: number, aspect: number, gap_px: number): number {
  let best = 1;
  let bestWidth = 0;
  for (let tried = 1; tried <= Math.max(1, count); tried += 1) {
    const rows = Math.ceil(count / tried);
    const byWidth = (width_px - gap_px * (tried - 1)) / tried;
    const byHeight = ((height_px - gap_px * (rows - 1)) / rows) * aspect;
    const fits = Math.min(byWidth, byHeight);
    const fewer = rows < Math.ceil(count / best);
    if (fits > bestWidth + 0.5 || (fewer && fits > FEWER_ROWS * bestWidth)) {
      bestWidth = Math.max(fits, bestWidth);
      best = tried;
    }
  }
  return best;
}

/** The width of a tile with that many columns, never higher than the space. */
export function tileWidth(count: number, cols: number, width_px: number, height_px: number, aspect: number, gap_px: number): number {
  const rows = Math.ceil(count / cols);
  return Math.max(0, Math.min((width_px - gap_px * (cols - 1)) / cols, ((height_px - gap_px * (rows - 1)) / rows) * aspect));
}

/** Where an arrow key leads in a grid of `count` tiles; the same place at an edge. */
export function neighbour(index: number, key: string, count: number, cols: number): number {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -cols, ArrowDown: cols, Home: -index, End: count - 1 - index }[key] ?? 0;
  const next = index + step;
  return next < 0 || next >= count ? index : next;
}
