/** Zones and masks while they are drawn: outlines in fractions of the picture, each step of which can be undone. No page in here. */

import type { Change, Config, Value } from "../config/api";
import { same } from "../config/model";

export type Point = readonly [number, number];
export interface Shape {
  /** Of this page only; a zone keeps it when it is renamed. */
  id: number;
  kind: "zone" | "mask";
  name: string;
  points: readonly Point[];
  labels: readonly string[];
}
export interface Drawing {
  shapes: readonly Shape[];
  selected: number | null;
  /** Which corner of the selected shape has the focus. */
  corner: number | null;
}

export const clamp = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
export const at = (x: number, y: number): Point => [clamp(x), clamp(y)];

export const chosen = (drawing: Drawing): Shape | undefined => drawing.shapes.find((shape) => shape.id === drawing.selected);

function changed(drawing: Drawing, change: (shape: Shape) => Shape, corner: number | null): Drawing {
  return { ...drawing, corner, shapes: drawing.shapes.map((shape) => (shape.id === drawing.selected ? change(shape) : shape)) };
}

/** A corner at the end of the outline, or behind `after`. */
export function addPoint(drawing: Drawing, point: Point, after?: number): Drawing {
  const shape = chosen(drawing);
  if (!shape) return drawing;
  const place = after === undefined ? shape.points.length : after + 1;
  return changed(drawing, (each) => ({ ...each, points: [...each.points.slice(0, place), point, ...each.points.slice(place)] }), place);
}

export function movePoint(drawing: Drawing, corner: number, point: Point): Drawing {
  return changed(drawing, (each) => ({ ...each, points: each.points.with(corner, point) }), corner);
}

export function removePoint(drawing: Drawing, corner: number): Drawing {
  const shape = chosen(drawing);
  if (!shape?.points[corner]) return drawing;
  const left = shape.points.length - 1;
  return changed(drawing, (each) => ({ ...each, points: each.points.filter((_, place) => place !== corner) }), left ? Math.min(corner, left - 1) : null);
}

/** The whole outline, kept inside of the picture. */
export function moveShape(drawing: Drawing, dx: number, dy: number): Drawing {
  const shape = chosen(drawing);
  if (!shape?.points.length) return drawing;
  const xs = shape.points.map(([x]) => x);
  const ys = shape.points.map(([, y]) => y);
  const inside = (by: number, all: number[]): number => Math.max(-Math.min(...all), Math.min(1 - Math.max(...all), by));
  const [x, y] = [inside(dx, xs), inside(dy, ys)];
  return changed(drawing, (each) => ({ ...each, points: each.points.map(([px, py]) => at(px + x, py + y)) }), drawing.corner);
}

/** A name nobody has: gate, gate-2, … */
export function freeName(wished: string, taken: readonly string[]): string {
  const plain =
    wished
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 28) || "zone";
  if (!taken.includes(plain)) return plain;
  let number = 2;
  while (taken.includes(`${plain}-${number}`)) number += 1;
  return `${plain}-${number}`;
}

export function addShape(drawing: Drawing, kind: Shape["kind"]): Drawing {
  const id = Math.max(0, ...drawing.shapes.map((shape) => shape.id)) + 1;
  const name = kind === "zone" ? freeName("zone", drawing.shapes.map((shape) => shape.name)) : "";
  return { shapes: [...drawing.shapes, { id, kind, name, points: [], labels: [] }], selected: id, corner: null };
}

export function removeShape(drawing: Drawing, id: number): Drawing {
  return { shapes: drawing.shapes.filter((shape) => shape.id !== id), selected: null, corner: null };
}

export function withShape(drawing: Drawing, id: number, change: Partial<Pick<Shape, "name" | "labels">>): Drawing {
  return { ...drawing, shapes: drawing.shapes.map((shape) => (shape.id === id ? { ...shape, ...change } : shape)) };
}

/** One step back for each that changed what is drawn; choosing another shape is no step. */
export interface History {
  now: Drawing;
  past: readonly Drawing[];
}

export function step(history: History, next: Drawing, part: boolean): History {
  if (next.shapes === history.now.shapes) return { ...history, now: next };
  return { now: next, past: part ? history.past : [...history.past.slice(-99), history.now] };
}

export function undo(history: History): History {
  const last = history.past.at(-1);
  return last ? { now: last, past: history.past.slice(0, -1) } : history;
}

const points = (value: Value | undefined): Point[] => (Array.isArray(value) ? value.flatMap((point): Point[] => (Array.isArray(point) && typeof point[0] === "number" && typeof point[1] === "number" ? [[point[0], point[1]]] : [])) : []);

/** What the file says of a camera's zones and masks. */
export function drawn(config: Config, camera: string): Drawing {
  const zones = config.sections.filter((section) => section.pattern.join(".") === "camera.NAME.zones.NAME" && section.path[1] === camera);
  const masks = config.sections.find((section) => section.path.join(".") === `camera.${camera}.motion`)?.values["masks"]?.value;
  const shapes: Shape[] = zones.map((section, place) => {
    const labels = section.values["labels"]?.value;
    return { id: place + 1, kind: "zone", name: section.path[3] ?? "", points: points(section.values["points"]?.value), labels: Array.isArray(labels) ? labels.map(String) : [] };
  });
  for (const mask of Array.isArray(masks) ? masks : []) shapes.push({ id: shapes.length + 1, kind: "mask", name: "", points: points(mask), labels: [] });
  return { shapes, selected: null, corner: null };
}

/** An outline needs three corners to be one. */
export const isWhole = (shape: Shape): boolean => shape.points.length >= 3;

const outline = (shape: Shape): Value => shape.points.map(([x, y]) => [x, y]);

/** What must be written so that the file says `now` where it says `before`. A shape that is none yet is left out. */
export function changesOf(config: Config, camera: string, before: Drawing, now: Drawing): Change[] {
  const changes: Change[] = [];
  const whole = now.shapes.filter(isWhole);
  const zones = whole.filter((shape) => shape.kind === "zone");
  const path = (zone: string, ...more: string[]): string[] => ["camera", camera, "zones", zone, ...more];
  for (const old of before.shapes.filter((shape) => shape.kind === "zone" && !zones.some((zone) => zone.name === shape.name))) {
    const own = Object.values(config.sections.find((section) => section.path.join("\0") === path(old.name).join("\0"))?.values ?? {}).some((value) => value.source === "file");
    changes.push({ path: path(old.name), value: own ? null : false });
  }
  for (const zone of zones) {
    const old = before.shapes.find((shape) => shape.kind === "zone" && shape.name === zone.name);
    if (!old || !same(outline(old), outline(zone))) changes.push({ path: path(zone.name, "points"), value: outline(zone) });
    if (!same([...(old?.labels ?? [])], [...zone.labels])) changes.push({ path: path(zone.name, "labels"), value: zone.labels.length ? [...zone.labels] : null });
  }
  const masks = (drawing: readonly Shape[]): Value => drawing.filter((shape) => shape.kind === "mask").map(outline);
  if (!same(masks(before.shapes), masks(whole))) {
    const list = masks(whole) as Value[];
    const inherited = config.sections.find((section) => section.path.join(".") === "camera_defaults.motion")?.values["masks"]?.source === "file";
    changes.push({ path: ["camera", camera, "motion", "masks"], value: list.length || inherited ? list : null });
  }
  return changes;
}

/** How an outline may be drawn: a point between each two corners, where another can be put in. */
export function middles(shape: Shape): Point[] {
  if (shape.points.length < 2) return [];
  return shape.points.map(([x, y], place) => {
    const [nx, ny] = shape.points[(place + 1) % shape.points.length] ?? [x, y];
    return at((x + nx) / 2, (y + ny) / 2);
  });
}
