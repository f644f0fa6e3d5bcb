/** Zones and masks, drawn on the camera's own picture with a finger, a mouse or the keyboard. */

import "./zones.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { at as addresses } from "../api";
import { type Config, mistakesOf, readConfig, sendChanges } from "../config/api";
import { seen } from "../labels";
import * as marks from "../live/icons";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameras } from "../store";
import { plural, said, t } from "../words";
import { told } from "../words/told";
import { addPoint, addShape, at, changesOf, chosen, type Drawing, drawn, freeName, type History, isWhole, middles, movePoint, moveShape, type Point, removePoint, removeShape, type Shape, step, undo, withShape } from "./shapes";
import { Tuning } from "./Tuning";

const NEAR = 0.01;
const FAR = 0.05;
const NUDGES: [string, number, number, number][] = [
  [said("Further left"), 270, -NEAR, 0],
  [said("Further up"), 0, 0, -NEAR],
  [said("Further down"), 180, 0, NEAR],
  [said("Further right"), 90, NEAR, 0],
];

/** `compact` leaves out what can be tuned later. */
export function ZoneEditor({ camera, compact = false, onSaved }: { camera: string; compact?: boolean; onSaved?: () => void }) {
  const [config, failed, setConfig] = useLoaded(readConfig, [camera]);
  if (!config) return <Trouble error={failed} />;
  return (
    <>
      <Drawer key={`${camera} ${config.mark}`} camera={camera} config={config} again={async () => setConfig(await readConfig())} {...(onSaved ? { onSaved } : {})} />
      {compact ? null : <Tuning camera={camera} config={config} again={async () => setConfig(await readConfig())} />}
    </>
  );
}

function Drawer({ camera, config, again, onSaved }: { camera: string; config: Config; again: () => Promise<void>; onSaved?: () => void }) {
  const before = useRef(drawn(config, camera)).current;
  const [history, setHistory] = useState<History>({ now: before, past: [] });
  const [version, setVersion] = useState(0);
  const [ratio, setRatio] = useState("16 / 9");
  const [cursor, setCursor] = useState<Point | null>(null);
  const [blind, setBlind] = useState(false);
  const [answer, setAnswer] = useState("");
  const [error, setError] = useState<unknown>(null);
  const stage = useRef<HTMLDivElement>(null);
  const drag = useRef<{ corner: number | null; last: Point; moved: boolean } | null>(null);
  const drawing = history.now;
  const shape = chosen(drawing);
  const known = cameras.value.find((each) => each.id === camera);
  const labels = config.sections.filter((section) => section.pattern.join(".") === "camera.NAME.labels.NAME" && section.path[1] === camera).map((section) => section.path[3] ?? "");
  const changes = changesOf(config, camera, before, drawing);
  const halfDone = drawing.shapes.filter((each) => !isWhole(each));

  const { corner } = drawing;
  const nudge = (dx: number, dy: number): void => {
    const point = corner === null ? null : shape?.points[corner];
    if (corner !== null && point) put(movePoint(drawing, corner, at(point[0] + dx, point[1] + dy)));
  };
  const put = (next: Drawing, part = false): void => setHistory((old) => step(old, next, part));
  const back = (): void => {
    setHistory(undo);
    setAnswer(t("The last step is undone."));
  };
  const choose = (id: number): void => {
    put({ ...drawing, selected: id, corner: null });
    setCursor(null);
  };
  const start = (kind: Shape["kind"]): void => {
    put(addShape(drawing, kind));
    setCursor([0.5, 0.5]);
    setAnswer(
      kind === "zone"
        ? t("New zone. Tap its corners on the picture one after the other, or move the cross with the arrow keys and press Enter.")
        : t("New mask. Tap its corners on the picture one after the other, or move the cross with the arrow keys and press Enter."),
    );
    stage.current?.focus();
  };
  const place = (event: PointerEvent): Point => {
    const box = stage.current?.getBoundingClientRect();
    return box ? at((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height) : [0, 0];
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const point = place(event);
    const handle = (event.target as Element).closest<HTMLElement>("[data-corner]");
    const middle = (event.target as Element).closest<HTMLElement>("[data-middle]");
    stage.current?.setPointerCapture(event.pointerId);
    if (handle) {
      drag.current = { corner: Number(handle.dataset["corner"]), last: point, moved: false };
      handle.focus();
    } else if (middle) {
      const after = Number(middle.dataset["middle"]);
      put(addPoint(drawing, point, after));
      drag.current = { corner: after + 1, last: point, moved: true };
    } else {
      drag.current = { corner: null, last: point, moved: false };
    }
    if (handle || middle) event.preventDefault();
  };
  const move = (event: PointerEvent): void => {
    const held = drag.current;
    if (!held || held.corner === null) return;
    const point = place(event);
    if (!held.moved && Math.hypot(point[0] - held.last[0], point[1] - held.last[1]) < 0.004) return;
    put(movePoint(drawing, held.corner, point), held.moved);
    held.moved = true;
  };
  const up = (event: PointerEvent): void => {
    const held = drag.current;
    drag.current = null;
    if (!held || held.corner !== null) return;
    const point = place(event);
    if (Math.hypot(point[0] - held.last[0], point[1] - held.last[1]) > 0.03) return;
    const hit = [...drawing.shapes].reverse().find((each) => holds(each, point));
    if (shape && !(isWhole(shape) && hit && hit.id !== shape.id)) put(addPoint(drawing, point));
    else if (hit) choose(hit.id);
  };

  const keys = (event: KeyboardEvent): void => {
    const pace = event.shiftKey ? FAR : NEAR;
    const by: Record<string, Point> = { ArrowLeft: [-pace, 0], ArrowRight: [pace, 0], ArrowUp: [0, -pace], ArrowDown: [0, pace] };
    const delta = by[event.key];
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      back();
      return;
    }
    if (!shape) return;
    const on = event.target as HTMLElement;
    const corner = on.dataset["corner"] === undefined ? null : Number(on.dataset["corner"]);
    if (delta) {
      event.preventDefault();
      const point = corner === null ? null : shape.points[corner];
      if (corner !== null && point) put(movePoint(drawing, corner, at(point[0] + delta[0], point[1] + delta[1])));
      else if (event.altKey) put(moveShape(drawing, delta[0], delta[1]));
      else setCursor((old) => at((old ?? [0.5, 0.5])[0] + delta[0], (old ?? [0.5, 0.5])[1] + delta[1]));
    } else if ((event.key === "Enter" || event.key === " ") && corner === null) {
      event.preventDefault();
      put(addPoint(drawing, cursor ?? [0.5, 0.5]));
      setAnswer(t("Corner {corner} set.", { corner: shape.points.length + 1 }));
    } else if ((event.key === "Delete" || event.key === "Backspace") && corner !== null) {
      event.preventDefault();
      put(removePoint(drawing, corner));
      setAnswer(t("Corner {corner} is gone.", { corner: corner + 1 }));
      stage.current?.focus();
    } else if (event.key === "Escape") {
      put({ ...drawing, selected: null, corner: null });
      setCursor(null);
    }
  };

  const save = (): void => {
    setError(null);
    sendChanges(config.mark, changes).then(
      () => {
        setAnswer(t("Saved. It counts from now on."));
        void again().then(() => onSaved?.());
      },
      (found: unknown) => setError(found),
    );
  };

  return (
    <div class="zones">
      <div class="zones-left">
        <div
          class={`zones-stage ${shape ? "is-drawing" : ""}`}
          ref={stage}
          style={{ aspectRatio: ratio }}
          tabIndex={0}
          role="application"
          aria-label={
            shape
              ? t("Picture of {camera}. Arrow keys move the cross, Enter sets a corner, Escape ends.", { camera: known?.name ?? camera })
              : t("Picture of {camera}. Choose a zone in the list, or make a new one, to draw.", { camera: known?.name ?? camera })
          }
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={() => {
            drag.current = null;
          }}
          onKeyDown={keys}
        >
          <img
            src={addresses.snapshot(camera, version)}
            alt=""
            draggable={false}
            onLoad={(event) => {
              const { naturalWidth, naturalHeight } = event.currentTarget;
              if (naturalWidth) setRatio(`${naturalWidth} / ${naturalHeight}`);
              setBlind(false);
            }}
            onError={() => setBlind(true)}
            hidden={blind}
          />
          {blind ? <p class="zones-blind">{t("The camera gives no picture just now.")}</p> : null}
          <svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">
            {drawing.shapes.map((each) =>
              each.points.length ? (
                <polygon
                  key={each.id}
                  class={`outline is-${each.kind} ${each.id === drawing.selected ? "is-chosen" : ""} ${isWhole(each) ? "" : "is-open"}`}
                  points={each.points.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ")}
                />
              ) : null,
            )}
          </svg>
          {drawing.shapes.map((each) => {
            const [x, y] = middleOf(each);
            return each.points.length ? (
              <span key={each.id} class={`zones-name is-${each.kind}`} style={{ left: `${x * 100}%`, top: `${y * 100}%` }}>
                {nameOf(each, drawing)}
              </span>
            ) : null;
          })}
          {shape
            ? middles(shape).map(([x, y], after) => (isWhole(shape) ? <span key={`middle ${after}`} class="zones-middle" data-middle={after} style={{ left: `${x * 100}%`, top: `${y * 100}%` }} aria-hidden="true" /> : null))
            : null}
          {shape?.points.map(([x, y], corner) => (
            <button
              key={corner}
              type="button"
              class={`zones-corner is-${shape.kind}`}
              data-corner={corner}
              onFocus={() => setHistory((old) => ({ ...old, now: { ...old.now, corner } }))}
              style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
              aria-label={t("Corner {corner} of {corners}, {x} % from the left, {y} % from the top. Arrow keys move it, Delete takes it away.", { corner: corner + 1, corners: shape.points.length, x: Math.round(x * 100), y: Math.round(y * 100) })}
            />
          ))}
          {shape && cursor ? <span class="zones-cross" style={{ left: `${cursor[0] * 100}%`, top: `${cursor[1] * 100}%` }} aria-hidden="true" /> : null}
        </div>
        {shape && corner !== null && shape.points[corner] ? (
          <div class="row zones-nudge" role="group" aria-label={t("Corner {corner}", { corner: corner + 1 })}>
            <strong>{t("Corner {corner}", { corner: corner + 1 })}</strong>
            {NUDGES.map(([name, turn, dx, dy]) => (
              <button key={turn} class="button is-plain is-round" type="button" aria-label={t(name)} onClick={() => nudge(dx, dy)}>
                <marks.Arrow turn={turn} plus={false} />
              </button>
            ))}
            <button
              class="button is-plain"
              type="button"
              onClick={() => {
                put(removePoint(drawing, corner));
                setAnswer(t("Corner {corner} is gone.", { corner: corner + 1 }));
              }}
            >
              {t("Take it away")}
            </button>
          </div>
        ) : null}
        <div class="row zones-tools">
          <button class="button" type="button" onClick={() => start("zone")}>
            {t("New zone")}
          </button>
          <button class="button" type="button" onClick={() => start("mask")}>
            {t("New mask")}
          </button>
          <button class="button is-plain" type="button" disabled={!history.past.length} onClick={back}>
            {t("Undo")}
          </button>
          <span class="spacer" />
          <button
            class="button is-plain"
            type="button"
            onClick={() => {
              setBlind(false);
              setVersion(version + 1);
            }}
          >
            <icons.Again size={18} /> {t("New picture")}
          </button>
        </div>
        <p class="hint" role="status">
          {answer || (shape ? t("Tap to add a corner, pull a corner to move it, pull a small dot to put one in between.") : t("A zone is where something counts. A mask is where nothing is looked at: a tree, a clock, the neighbour’s garden."))}
        </p>
      </div>
      <div class="zones-side">
        {drawing.shapes.length ? (
          <ul class="list zones-list">
            {drawing.shapes.map((each) => (
              <li key={each.id} class={each.id === drawing.selected ? "is-chosen" : ""}>
                <button type="button" class="zones-pick" aria-pressed={each.id === drawing.selected} onClick={() => choose(each.id)}>
                  <i class={`zones-mark is-${each.kind}`} aria-hidden="true" />
                  {nameOf(each, drawing)}
                  <span class="dim">{isWhole(each) ? (each.kind === "mask" ? t("not looked at") : each.labels.length ? each.labels.map(seen).join(", ") : t("everything")) : plural(3 - each.points.length, "1 corner missing", "{n} corners missing")}</span>
                </button>
                {each.id === drawing.selected ? <Details shape={each} drawing={drawing} labels={labels} isNew={!before.shapes.some((old) => old.id === each.id)} put={put} /> : null}
              </li>
            ))}
          </ul>
        ) : (
          <p class="dim">{t("Nothing is drawn yet: the whole picture counts.")}</p>
        )}
        {changes.length || halfDone.length ? (
          <div class="zones-save">
            {halfDone.length ? <p class="hint">{plural(halfDone.length, "One outline has fewer than three corners and will not be saved.", "{n} outlines have fewer than three corners and will not be saved.")}</p> : null}
            {wrongOf(error).map((text) => (
              <p class="set-wrong" role="alert" key={text}>
                {text}
              </p>
            ))}
            {wrongOf(error).length ? null : <Trouble error={error} />}
            <button class="button is-main" type="button" disabled={!changes.length} onClick={save}>
              {t("Save")}
            </button>
          </div>
        ) : null}
      </div>
    </div>
  );
}

const wrongOf = (error: unknown): string[] => mistakesOf(error).map((mistake) => `${mistake.key}: ${told(mistake.text)}`);

function Details({ shape, drawing, labels, isNew, put }: { shape: Shape; drawing: Drawing; labels: readonly string[]; isNew: boolean; put: (next: Drawing) => void }) {
  const [name, setName] = useState(shape.name);
  useEffect(() => setName(shape.name), [shape.name]);
  const others = drawing.shapes.filter((each) => each.id !== shape.id).map((each) => each.name);
  return (
    <div class="zones-details">
      {shape.kind === "zone" && isNew ? (
        <label>
          {t("Name")}
          <input type="text" autocomplete="off" maxLength={32} value={name} onInput={(event) => setName(event.currentTarget.value)} onChange={() => put(withShape(drawing, shape.id, { name: freeName(name, others) }))} />
        </label>
      ) : null}
      {shape.kind === "zone" ? (
        <div>
          <p class="zones-label">{t("What counts in it")}</p>
          <div class="chips is-set" role="group" aria-label={t("What counts in it")}>
            <button type="button" class="chip" aria-pressed={!shape.labels.length} onClick={() => put(withShape(drawing, shape.id, { labels: [] }))}>
              {t("everything")}
            </button>
            {labels.map((label) => (
              <button
                key={label}
                type="button"
                class="chip"
                aria-pressed={shape.labels.includes(label)}
                onClick={() => put(withShape(drawing, shape.id, { labels: shape.labels.includes(label) ? shape.labels.filter((each) => each !== label) : [...shape.labels, label] }))}
              >
                {seen(label)}
              </button>
            ))}
          </div>
        </div>
      ) : null}
      <button class="button is-plain" type="button" onClick={() => put(removeShape(drawing, shape.id))}>
        {shape.kind === "zone" ? t("Take this zone away") : t("Take this mask away")}
      </button>
    </div>
  );
}

const nameOf = (shape: Shape, drawing: Drawing): string => (shape.kind === "zone" ? shape.name : t("Mask {number}", { number: drawing.shapes.filter((each) => each.kind === "mask").findIndex((each) => each.id === shape.id) + 1 }));

function middleOf(shape: Shape): Point {
  const count = shape.points.length || 1;
  return [shape.points.reduce((sum, [x]) => sum + x, 0) / count, shape.points.reduce((sum, [, y]) => sum + y, 0) / count];
}

/** Whether a point lies in an outline (even-odd rule). */
function holds(shape: Shape, [x, y]: Point): boolean {
  let inside = false;
  shape.points.forEach(([ax, ay], place) => {
    const [bx, by] = shape.points[(place + 1) % shape.points.length] ?? [ax, ay];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  });
  return inside;
}

