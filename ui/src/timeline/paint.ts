/** Paints one camera's lane, or the house's, onto a canvas. */

import { faultName, gapCause, labelName } from "../format";
import { plural, said, t } from "../words";
import { listed } from "../words/figures";
import type { Lane, Lanes } from "./api";
import { own } from "../own";
import { frac, length, type Range } from "./axis";

export const LANE_PX = 46;
export const HOUSE_PX = 26;

export interface Colours {
  ink: string;
  dim: string;
  line: string;
  surface: string;
  accent: string;
  good: string;
  bad: string;
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return { ink: of("ink"), dim: of("dim"), line: of("line-strong"), surface: of("surface"), accent: of("accent"), good: of("good"), bad: of("bad") };
}

const FOREIGN = new Set(["outside", "place-unknown", "unknown-user", "our-account", "failed", "locked", "account-added", "account-changed", "account-removed", "password-changed", "settings-changed", "log-cleared"]);
export const isForeign = (verdict: string): boolean => FOREIGN.has(verdict);
/** Nothing failed: it was wanted so, or we ourselves were away. */
export const OURS = new Set(["private", "mode", "us", "stopped", "changed", "clock-step", "discontinuity"]);

const MODES: Record<string, string> = { away: said("Armed"), home: said("Somebody is home"), disarmed: said("Disarmed"), disabled: said("Alerts off") };
export const modeName = (mode: string): string => t(own(MODES, mode) ?? mode);

class Brush {
  readonly wide: number;

  constructor(
    readonly to: CanvasRenderingContext2D,
    private readonly range: Range,
    width_px: number,
    readonly scale: number,
  ) {
    this.wide = width_px;
  }

  bar(start_us: number, end_us: number, top: number, height: number, fill: string | CanvasPattern, alpha = 1, least_px = 0): void {
    let left = frac(start_us, this.range) * this.wide;
    let right = frac(end_us, this.range) * this.wide;
    if (right < 0 || left > this.wide) return;
    left = Math.max(left, -2);
    right = Math.min(Math.max(right, left + least_px), this.wide + 2);
    this.to.globalAlpha = alpha;
    this.to.fillStyle = fill;
    this.to.fillRect(left, top, right - left, height);
    this.to.globalAlpha = 1;
  }

  dot(at_us: number, middle: number, radius: number, fill: string): void {
    const x = frac(at_us, this.range) * this.wide;
    this.to.fillStyle = fill;
    this.to.beginPath();
    this.to.arc(x, middle, radius, 0, 2 * Math.PI);
    this.to.fill();
  }

  /** Stripes; `way` 1 leans like a slash. */
  hatch(colour: string, way: 1 | -1, every_px: number, alpha: number): CanvasPattern {
    const side = Math.max(4, Math.round(every_px * this.scale));
    const cell = document.createElement("canvas");
    cell.width = side;
    cell.height = side;
    const to = cell.getContext("2d") as CanvasRenderingContext2D;
    to.globalAlpha = alpha;
    to.strokeStyle = colour;
    to.lineWidth = 1.6 * this.scale;
    for (const shift of [-side, 0, side]) {
      to.beginPath();
      to.moveTo(shift, way === 1 ? side : 0);
      to.lineTo(shift + side, way === 1 ? 0 : side);
      to.stroke();
    }
    const pattern = this.to.createPattern(cell, "repeat") as CanvasPattern;
    pattern.setTransform(new DOMMatrix().scale(1 / this.scale));
    return pattern;
  }
}

function begin(canvas: HTMLCanvasElement, range: Range, height_px: number): Brush | null {
  const to = canvas.getContext("2d");
  const scale = Math.min(3, devicePixelRatio || 1);
  const width_px = canvas.clientWidth;
  if (!to || !width_px) return null;
  canvas.width = Math.round(width_px * scale);
  canvas.height = Math.round(height_px * scale);
  to.setTransform(scale, 0, 0, scale, 0, 0);
  return new Brush(to, range, width_px, scale);
}

export function paintLane(canvas: HTMLCanvasElement, lane: Lane, lanes: Lanes, range: Range, now_us: number, colour: Colours): void {
  const brush = begin(canvas, range, LANE_PX);
  if (!brush) return;
  for (const [start, end, covered] of lane.footage) brush.bar(start, end, 0, LANE_PX, colour.accent, 0.07 + 0.13 * covered, 0.7);
  if (lane.card.length) {
    const pattern = brush.hatch(colour.good, -1, 7, 0.75);
    for (const [start, end] of lane.card) {
      brush.bar(start, end, 0, LANE_PX, pattern, 1, 2);
      brush.bar(start, end, LANE_PX - 2, 2, colour.good, 1, 2);
    }
  }
  if (lane.elsewhere.length) {
    const pattern = brush.hatch(colour.accent, 1, 7, 0.5);
    for (const held of lane.elsewhere) {
      brush.bar(held.start_us, held.end_us, 0, LANE_PX, pattern, 1, 2);
      brush.bar(held.start_us, held.end_us, LANE_PX - 2, 2, colour.accent, 1, 2);
    }
  }
  if (lane.gaps.length) {
    const bad = brush.hatch(colour.bad, -1, 6, 0.85);
    const own = brush.hatch(colour.dim, -1, 6, 0.8);
    for (const gap of lane.gaps) brush.bar(gap.start_us, gap.end_us ?? now_us, 0, LANE_PX, OURS.has(gap.reason) ? own : bad, 1, 1.5);
  }
  for (const [start, end] of lane.motion) brush.bar(start, end, LANE_PX - 7, 5, colour.accent, 0.55, 1.5);
  for (const [start, end] of lane.pinned) brush.bar(start, end, LANE_PX - 2, 2, colour.ink, 0.8, 2);
  for (const mark of lane.events) {
    if (mark.kind) {
      brush.bar(mark.start_us, mark.end_us ?? now_us, 12, LANE_PX - 22, colour.accent, 1, 3);
    } else {
      const high = Math.min(1, 0.25 + Math.log10(1 + mark.count) / 2.4) * (LANE_PX - 22);
      brush.bar(mark.start_us, mark.end_us ?? now_us, 12 + (LANE_PX - 22 - high), high, colour.accent, 0.9, 1.5);
    }
  }
  for (const outage of lanes.outages) if (outage.camera === lane.camera) brush.bar(outage.start_us, outage.end_us ?? now_us, 0, 3, colour.bad, 1, 3);
  for (const knock of lane.logins) brush.dot(knock.at_us, 7, isForeign(knock.verdict) ? 3.4 : 2.2, isForeign(knock.verdict) ? colour.bad : colour.dim);
}

const MODE_COLOUR: Record<string, keyof Colours> = { away: "accent", home: "good", disarmed: "dim", disabled: "dim" };

export function paintHouse(canvas: HTMLCanvasElement, lanes: Lanes, range: Range, now_us: number, colour: Colours): void {
  const brush = begin(canvas, range, HOUSE_PX);
  if (!brush) return;
  const off = brush.hatch(colour.dim, 1, 6, 0.6);
  for (const armed of lanes.arming) {
    const fill = colour[own(MODE_COLOUR, armed.mode) ?? "dim"];
    brush.bar(armed.start_us, armed.end_us, 6, HOUSE_PX - 12, armed.mode === "disabled" ? off : fill, armed.mode === "away" ? 0.42 : 0.3, 1.5);
    const left = Math.max(0, frac(armed.start_us, range) * brush.wide);
    const wide = Math.min(brush.wide, frac(armed.end_us, range) * brush.wide) - left;
    const text = modeName(armed.mode);
    brush.to.font = "500 11px 'Inter Variable', system-ui, sans-serif";
    if (wide > brush.to.measureText(text).width + 14) {
      brush.to.fillStyle = colour.ink;
      brush.to.textBaseline = "middle";
      brush.to.fillText(text, left + 7, HOUSE_PX / 2 + 0.5);
    }
  }
  for (const outage of lanes.outages) if (outage.camera === null) brush.bar(outage.start_us, outage.end_us ?? now_us, 0, 4, colour.bad, 1, 3);
}

/** What lies at a moment of a lane, in words; `reach_us` is how near counts. */
export function liesAt(lane: Lane | null, lanes: Lanes, at_us: number, reach_us: number, now_us: number): { bad: boolean; text: string; from_us: number; to_us: number | null }[] {
  const found: { bad: boolean; text: string; from_us: number; to_us: number | null }[] = [];
  const near = (start: number, end: number): boolean => start - reach_us <= at_us && at_us <= end + reach_us;
  const add = (text: string, from_us: number, to_us: number | null, bad = false): void => void found.push({ text, from_us, to_us, bad });
  for (const outage of lanes.outages) {
    if (outage.camera === (lane?.camera ?? null) && near(outage.start_us, outage.end_us ?? now_us)) add(faultName(outage.fault), outage.start_us, outage.end_us, true);
  }
  if (!lane) {
    for (const armed of lanes.arming) if (armed.start_us <= at_us && at_us < armed.end_us) add(armed.who ? t("{mode}, by {who}", { mode: modeName(armed.mode), who: armed.who }) : modeName(armed.mode), armed.start_us, armed.end_us);
    return found;
  }
  for (const mark of lane.events) {
    if (!near(mark.start_us, mark.end_us ?? now_us)) continue;
    const name = mark.kind ? labelName(mark.kind, mark.label) : "";
    add(name ? (mark.count > 1 ? `${mark.count} × ${name}` : name) : plural(mark.count, "{n} event", "{n} events"), mark.start_us, mark.end_us);
  }
  for (const knock of lane.logins) {
    if (near(knock.at_us, knock.last_us)) add([knock.count > 1 ? t("{n} log-ins", { n: knock.count }) : t("Log-in"), knock.user, knock.address].filter(Boolean).join(" · "), knock.at_us, knock.last_us, isForeign(knock.verdict));
  }
  for (const gap of lane.gaps) {
    if (near(gap.start_us, gap.end_us ?? now_us)) add(gap.count > 1 ? t("{n} short gaps: {why}", { n: gap.count, why: gapCause(gap.reason) }) : gapCause(gap.reason), gap.start_us, gap.end_us, !OURS.has(gap.reason));
  }
  for (const held of lane.elsewhere) if (held.start_us <= at_us && at_us < held.end_us) add(t("Only at {places}", { places: listed(held.targets) }), held.start_us, held.end_us);
  for (const [start, end] of lane.card) if (start <= at_us && at_us < end) add(t("Fetched from the camera's card"), start, end);
  for (const [start, end] of lane.pinned) if (start <= at_us && at_us < end) add(t("Kept for good"), start, end);
  if (!found.length && at_us < now_us && !lane.footage.some(([start, end]) => start <= at_us && at_us < end)) add(t("No footage is kept of this time"), at_us, at_us);
  if (length([lanes.start_us, lanes.end_us]) > 4 * 24 * 3600e6) return found.slice(0, 5);
  return found.slice(0, 7);
}
