/** The lanes of all cameras above one time axis: tap to play from there, drag to pan, pinch or wheel to zoom, drag the clock to scrub. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { clock, clockSeconds, clockZone, dayName, lasted, shortDay } from "../format";
import * as icons from "../parts/icons";
import { theme } from "../theme";
import { plural, said, t } from "../words";
import type { Lane, Lanes } from "./api";
import { clamp, frac, length, moment, panned, pinched, type Range, selected, ticks, zoomed } from "./axis";
import { colours, liesAt, paintHouse, paintLane } from "./paint";
import { Thumb } from "./Thumb";

interface Props {
  lanes: Lanes | null;
  range: Range;
  now_us: number;
  at_us: number | null;
  selection: Range | null;
  selecting: boolean;
  cameras: { id: string; name: string }[];
  playing: readonly string[];
  onPick: (at_us: number, camera: string | null) => void;
  onScrub: (at_us: number, done: boolean) => void;
  onRange: (range: Range) => void;
  onSelect: (range: Range | null) => void;
  onCamera: (camera: string) => void;
}

interface Tip {
  x_px: number;
  at_us: number;
  camera: string | null;
  house: boolean;
}

const percent = (value: number): string => `${(value * 100).toFixed(4)}%`;
const SLIP_PX = 5;

export function Tracks(props: Props) {
  const { lanes, range, now_us, at_us, selection, cameras } = props;
  const area = useRef<HTMLDivElement>(null);
  const [tip, setTip] = useState<Tip | null>(null);
  const fingers = useRef(new Map<number, number>());
  const drag = useRef<{ kind: "pan" | "scrub" | "select" | "from" | "to" | "none"; x: number; moved: boolean; range: Range; from_us: number; pinch: Range | null } | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [width_px, setWidth] = useState(900);

  useLayoutEffect(() => {
    const found = area.current;
    if (!found) return;
    const watch = new ResizeObserver(() => setWidth(found.clientWidth));
    watch.observe(found);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    const found = area.current;
    if (!found) return;
    const wheel = (event: WheelEvent): void => {
      const { range: shown, now_us: now, onRange } = latest.current;
      const box = found.getBoundingClientRect();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        onRange(panned(shown, ((event.deltaX || event.deltaY) / box.width) * length(shown), now));
      } else if (event.ctrlKey || event.metaKey || event.altKey) {
        event.preventDefault();
        onRange(zoomed(shown, Math.exp(clamp(event.deltaY, -120, 120) / 240), moment((event.clientX - box.left) / box.width, shown), now));
      }
    };
    found.addEventListener("wheel", wheel, { passive: false });
    return () => found.removeEventListener("wheel", wheel);
  }, []);

  const partAt = (x: number): number => {
    const box = (area.current as HTMLElement).getBoundingClientRect();
    return clamp((x - box.left) / box.width, 0, 1);
  };
  const rowAt = (event: PointerEvent): { camera: string | null; house: boolean } => {
    const row = document.elementsFromPoint(event.clientX, event.clientY).find((each) => each instanceof HTMLElement && each.dataset.lane !== undefined) as HTMLElement | undefined;
    const name = row?.dataset.lane;
    return { camera: name && name !== "house" ? name : null, house: name === "house" };
  };
  const showTip = (event: PointerEvent): void => {
    const row = rowAt(event);
    const part = partAt(event.clientX);
    if (!row.camera && !row.house) setTip(null);
    else setTip({ x_px: part * (area.current?.clientWidth ?? 0), at_us: moment(part, latest.current.range), ...row });
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const part = partAt(event.clientX);
    fingers.current.set(event.pointerId, part);
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    if (fingers.current.size === 2 && drag.current) {
      const [a = 0, b = 1] = [...fingers.current.values()];
      drag.current = { ...drag.current, kind: "none", moved: true, range, pinch: [a, b] };
      return;
    }
    const mark = (event.target as HTMLElement).closest<HTMLElement>("[data-grip]")?.dataset.grip;
    const onAxis = (event.target as HTMLElement).closest(".tl-axis, .tl-head") !== null;
    const kind = mark === "from" || mark === "to" ? mark : mark === "at" || onAxis ? "scrub" : props.selecting || event.shiftKey ? "select" : "pan";
    drag.current = { kind, x: event.clientX, moved: false, range, from_us: moment(part, range), pinch: null };
    if (kind === "scrub") props.onScrub(moment(part, range), false);
  };
  const move = (event: PointerEvent): void => {
    const held = drag.current;
    if (!held || !fingers.current.has(event.pointerId)) {
      if (event.pointerType === "mouse") showTip(event);
      return;
    }
    const part = partAt(event.clientX);
    fingers.current.set(event.pointerId, part);
    if (held.pinch) {
      const [a, b] = [...fingers.current.values()];
      if (a !== undefined && b !== undefined) props.onRange(pinched(held.range, held.pinch, [a, b], now_us));
      return;
    }
    if (!held.moved && Math.abs(event.clientX - held.x) < SLIP_PX && held.kind !== "scrub") return;
    held.moved = true;
    const here_us = moment(part, range);
    if (held.kind === "scrub") props.onScrub(here_us, false);
    if (held.kind === "select") props.onSelect(selected(held.from_us, here_us, now_us));
    if (held.kind === "from" && selection) props.onSelect(selected(here_us, selection[1], now_us) ?? selection);
    if (held.kind === "to" && selection) props.onSelect(selected(selection[0], here_us, now_us) ?? selection);
    if (held.kind === "pan") {
      const wide = (area.current as HTMLElement).clientWidth;
      setTip(null);
      props.onRange(panned(held.range, (-(event.clientX - held.x) / wide) * length(held.range), now_us));
    }
  };
  const up = (event: PointerEvent): void => {
    const held = drag.current;
    fingers.current.delete(event.pointerId);
    if (fingers.current.size) return;
    drag.current = null;
    if (!held || held.pinch || event.type === "pointercancel") return;
    const here_us = moment(partAt(event.clientX), range);
    if (held.kind === "scrub") props.onScrub(here_us, true);
    else if (!held.moved && (held.kind === "pan" || held.kind === "select")) {
      showTip(event);
      props.onPick(here_us, rowAt(event).camera);
    }
  };

  const marks = ticks(range, Math.max(3, Math.floor(width_px / 92)));
  const shownTip = tip && lanes ? tip : null;
  const isWide = length(range) > 36 * 3600e6;
  return (
    <div class="tl-lanes">
      <ul class="tl-names" aria-label={t("Cameras")}>
        <li class="tl-name is-axis" />
        <li class="tl-name is-house">{t("House")}</li>
        {cameras.map((each) => (
          <li class="tl-name" key={each.id}>
            <button type="button" aria-pressed={props.playing.includes(each.id)} onClick={() => props.onCamera(each.id)} title={props.playing.includes(each.id) ? t("Shown above") : t("Show it above")}>
              <icons.Eye size={16} />
              <span>{each.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <div
        ref={area}
        class={`tl-area ${props.selecting ? "is-selecting" : ""}`}
        role="slider"
        tabIndex={0}
        aria-label={t("Time")}
        aria-valuemin={Math.round(range[0] / 1e6)}
        aria-valuemax={Math.round(range[1] / 1e6)}
        aria-valuenow={Math.round((at_us ?? now_us) / 1e6)}
        aria-valuetext={`${dayName(at_us ?? now_us, now_us)} ${clockSeconds(at_us ?? now_us)}`}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={up}
        onPointerLeave={(event) => event.pointerType === "mouse" && setTip(null)}
      >
        <div class="tl-axis" aria-hidden="true">
          {marks.map((tick) => (
            <span key={tick.at_us} class={tick.day ? "is-day" : ""} style={{ left: percent(frac(tick.at_us, range)) }}>
              {tick.day ? shortDay(tick.at_us) : tick.repeats ? clockZone(tick.at_us) : clock(tick.at_us)}
            </span>
          ))}
        </div>
        <HouseRow lanes={lanes} range={range} now_us={now_us} width_px={width_px} />
        {cameras.map((each) => (
          <LaneRow key={each.id} camera={each.id} name={each.name} lanes={lanes} range={range} now_us={now_us} width_px={width_px} />
        ))}
        <div class="tl-over" aria-hidden="true">
          {marks.map((tick) => (
            <i key={tick.at_us} class={`tl-tick ${tick.day ? "is-day" : ""}`} style={{ left: percent(frac(tick.at_us, range)) }} />
          ))}
          {now_us > range[0] && now_us < range[1] ? <i class="tl-now" style={{ left: percent(frac(now_us, range)), right: 0 }} /> : null}
          {selection ? (
            <div class="tl-selection" style={{ left: percent(frac(selection[0], range)), width: percent((selection[1] - selection[0]) / length(range)) }}>
              <b data-grip="from" />
              <b data-grip="to" />
            </div>
          ) : null}
          {at_us !== null && at_us >= range[0] && at_us <= range[1] ? (
            <div class="tl-at" style={{ left: percent(frac(at_us, range)) }}>
              <b class="tl-head" data-grip="at" />
            </div>
          ) : null}
        </div>
        {shownTip && lanes ? (
          <TipBox tip={shownTip} lanes={lanes} width_px={width_px} now_us={now_us} reach_us={(length(range) / width_px) * 4} withDay={isWide} below={(area.current?.getBoundingClientRect().top ?? 400) < 250} name={cameras.find((each) => each.id === shownTip.camera)?.name ?? t("House")} />
        ) : null}
      </div>
    </div>
  );
}

function LaneRow({ camera, name, lanes, range, now_us, width_px }: { camera: string; name: string; lanes: Lanes | null; range: Range; now_us: number; width_px: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const lane = lanes?.cameras.find((each) => each.camera === camera);
  const second = Math.round(now_us / 2e6);
  useLayoutEffect(() => {
    if (canvas.current && lane && lanes) paintLane(canvas.current, lane, lanes, range, now_us, colours());
  }, [lane, range[0], range[1], width_px, theme.value, second]);
  return (
    <div class="tl-row" data-lane={camera}>
      <canvas ref={canvas} />
      <span class="tl-row-name" aria-hidden="true">
        {name}
      </span>
      {lane ? <span class="sr">{summed(lane, name)}</span> : null}
    </div>
  );
}

const counted = (list: readonly { count: number }[], one: string, many: string): string => plural(list.reduce((sum, each) => sum + each.count, 0), one, many);
const summed = (lane: Lane, name: string): string =>
  [
    `${name}: ${counted(lane.events, said("{n} event"), said("{n} events"))}`,
    counted(lane.gaps, said("{n} gap"), said("{n} gaps")),
    counted(lane.logins, said("{n} log-in"), said("{n} log-ins")),
  ].join(", ");

function HouseRow({ lanes, range, now_us, width_px }: { lanes: Lanes | null; range: Range; now_us: number; width_px: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const second = Math.round(now_us / 2e6);
  useLayoutEffect(() => {
    if (canvas.current && lanes) paintHouse(canvas.current, lanes, range, now_us, colours());
  }, [lanes, range[0], range[1], width_px, theme.value, second]);
  return (
    <div class="tl-row is-house" data-lane="house">
      <canvas ref={canvas} />
    </div>
  );
}

/** Above the lanes where there is room, else `below` them. */
function TipBox({ tip, lanes, width_px, now_us, reach_us, withDay, below, name }: { tip: Tip; lanes: Lanes; width_px: number; now_us: number; reach_us: number; withDay: boolean; below: boolean; name: string }) {
  const lane = tip.camera ? (lanes.cameras.find((each) => each.camera === tip.camera) ?? null) : null;
  const lines = liesAt(lane, lanes, tip.at_us, reach_us, now_us);
  const hasPicture = tip.camera !== null && tip.at_us < now_us - 5e6 && lane?.footage.some(([start, end]) => start <= tip.at_us && tip.at_us < end);
  const half = 118;
  return (
    <div class={`tl-tip ${below ? "is-below" : ""}`} style={{ left: `${clamp(tip.x_px, half, Math.max(half, width_px - half))}px` }}>
      {hasPicture && tip.camera ? <Thumb camera={tip.camera} at_us={tip.at_us} name="" /> : null}
      <p>
        <strong>{name}</strong>{" "}
        <span class="dim">
          {withDay ? `${shortDay(tip.at_us)} ` : ""}
          {clockSeconds(tip.at_us)}
        </span>
      </p>
      {lines.map((line) => (
        <p key={line.text + line.from_us} class={line.bad ? "bad" : ""}>
          {line.text}
          {line.to_us !== null && line.to_us - line.from_us > 1e6 ? <span class="dim">, {lasted(line.to_us - line.from_us)}</span> : line.to_us === null ? <span class="dim">, {t("still")}</span> : null}
        </p>
      ))}
    </div>
  );
}
