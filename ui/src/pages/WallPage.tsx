/** The live wall: every camera as large as the screen allows, and who came by lately. */

import { useEffect, useRef, useState } from "preact/hooks";
import { api, type Camera, type HouseEvent } from "../api";
import { deed, isForeign } from "../doors/words";
import { ago, bytes, clock, dayName, fits, labelName, lasted, moment, spanHours, startOfDay } from "../format";
import { columns, neighbour, tileWidth } from "../live/grid";
import { LiveView } from "../live/LiveView";
import { Dot, Motion, Tile } from "../live/Tile";
import { Empty, useKeys, useLoaded } from "../parts/bits";
import { EventPicture } from "../parts/EventPicture";
import * as icons from "../parts/icons";
import { Hours, piece } from "../parts/Strip";
import { go, place } from "../router";
import { cameraName, cameras, house, lastLogins, loaded, now_us, recent, unseenLogins } from "../store";

const ASPECT = 16 / 9;
const GAP = 12;

export function status(all: readonly Camera[]): string {
  const live = all.filter((camera) => camera.state === "live").length;
  if (!all.length) return "";
  if (live === all.length) return all.length === 1 ? "The camera is live" : `All ${all.length} cameras are live`;
  const hidden = all.filter((camera) => camera.state === "private").length;
  return `${live} of ${all.length} cameras are live${hidden ? `, ${hidden} private` : ""}`;
}

export function WallPage() {
  const all = cameras.value;
  const enlarged = all.find((camera) => camera.id === place.value.query.get("camera"));
  return (
    <div class="wall-page">
      <header class="head is-wall">
        <div>
          <h1>{house.value?.name || "Hearthwatch"}</h1>
          <p class="dim">{status(all)}</p>
        </div>
        <Stranger />
        <time class="wall-clock">{clock(now_us.value)}</time>
      </header>
      {all.length ? (
        <div class="wall-body">
          <Grid cameras={all} paused={enlarged !== undefined} />
          <Lately />
        </div>
      ) : loaded.value ? (
        <Empty icon={<icons.Camera size={40} />} title="No camera yet">
          Add one to the configuration: a section <code>[camera.front-door]</code> with its address as <code>main</code>. It appears here by itself.
        </Empty>
      ) : null}
      {enlarged ? <Enlarged camera={enlarged} all={all} /> : null}
    </div>
  );
}

/** Somebody at a camera's own door whom nobody has looked at yet. */
function Stranger() {
  const unseen = unseenLogins.value;
  const newest = unseen[0];
  if (!newest) return null;
  return (
    <a class="stranger" href="/logins">
      <icons.Warn size={20} />
      <span>
        <strong>{deed(newest)}</strong>
        <span>
          {cameraName(newest.camera)}, {moment(newest.at_us, now_us.value)}
          {unseen.length > 1 ? `, and ${unseen.length - 1} more` : ""}
        </span>
      </span>
    </a>
  );
}

function Grid({ cameras: all, paused }: { cameras: Camera[]; paused: boolean }) {
  const space = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ w: number; h: number }>({ w: 0, h: 0 });
  useEffect(() => {
    if (!space.current) return undefined;
    const watch = new ResizeObserver(([entry]) => entry && setSize({ w: entry.contentRect.width, h: entry.contentRect.height }));
    watch.observe(space.current);
    return () => watch.disconnect();
  }, []);
  const narrow = size.w < 620;
  const height = narrow ? 1e6 : size.h;
  const cols = narrow ? (size.w < 460 ? 1 : 2) : columns(all.length, size.w, height, ASPECT, GAP);
  const width = Math.floor(tileWidth(all.length, cols, size.w, height, ASPECT, GAP));
  const left = size.h - Math.ceil(all.length / cols) * (width / ASPECT + GAP);
  const onKey = (event: KeyboardEvent): void => {
    const tiles = [...(space.current?.querySelectorAll<HTMLElement>("[data-tile]") ?? [])];
    const index = tiles.indexOf(document.activeElement as HTMLElement);
    if (!event.key.startsWith("Arrow") && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    tiles[index < 0 ? 0 : neighbour(index, event.key, tiles.length, cols)]?.focus();
  };
  useKeys((event) => {
    if (event.key.startsWith("Arrow") && document.activeElement === document.body && !paused) onKey(event);
  });
  return (
    <div class="wall-grid" ref={space} onKeyDown={onKey} aria-label="Cameras" role="group">
      {size.w > 0 ? (
        <div class="wall-tiles" style={{ width: `${width * cols + GAP * (cols - 1)}px`, gap: `${GAP}px` }}>
          {all.map((camera) => (
            <Tile key={camera.id} camera={camera} width_px={width} aspect={ASPECT} />
          ))}
        </div>
      ) : null}
      {left > 84 && !narrow ? (
        <div class="wall-foot" style={left > 190 ? { maxWidth: `${Math.max(520, width * cols + GAP * (cols - 1))}px` } : undefined}>
          {left > 190 ? <Span /> : null}
          <Glance />
        </div>
      ) : null}
    </div>
  );
}

/** When somebody was seen in the last hours, at a glance. */
function Span() {
  const now = now_us.value;
  const hours = spanHours(cameras.value.reduce((oldest, camera) => Math.min(oldest, camera.kept_from_us ?? oldest), now), now);
  const newest = recent.value[0];
  const from_us = now - hours * 3600e6;
  const [found] = useLoaded(() => api.events({ start_us: Math.round(Date.now() * 1000 - hours * 3600e6), limit: 200 }), [hours, newest?.id, newest?.end_us]);
  return (
    <section class="span">
      <h2>{hours === 1 ? "The last hour" : `The last ${hours} hours`}</h2>
      <div class="span-track">
        {(found?.events ?? []).map((event) => {
          const place_ = piece(event.start_us, event.end_us ?? now, from_us, now);
          return place_ ? (
            <a
              key={event.id}
              class="span-event"
              href={`/events/${event.id}`}
              tabIndex={-1}
              title={`${labelName(event.kind, event.label)}, ${cameraName(event.camera)}, ${clock(event.start_us)}`}
              aria-label={`${labelName(event.kind, event.label)} at ${cameraName(event.camera)}, ${clock(event.start_us)}`}
              style={{ left: `${place_.left * 100}%`, width: `${place_.width * 100}%` }}
            />
          ) : null;
        })}
      </div>
      <Hours from_us={from_us} to_us={now} />
    </section>
  );
}

/** The house in one line, where the tiles leave room for it. */
function Glance() {
  const h = house.value;
  if (!h) return null;
  const today = startOfDay(now_us.value);
  const seen = recent.value.filter((event) => event.start_us >= today).length;
  const recording = cameras.value.filter((camera) => camera.recorded && camera.state === "live").length;
  return (
    <dl class="glance">
      <div>
        <dt>Seen today</dt>
        <dd>{seen}</dd>
      </div>
      <div>
        <dt>Recording</dt>
        <dd>
          {recording} {recording === 1 ? "camera" : "cameras"}
        </dd>
      </div>
      <div>
        <dt>Foreign log-ins</dt>
        <dd>{lastLogins.value.filter((login) => login.at_us >= today && isForeign(login)).length || "none today"}</dd>
      </div>
      <div>
        <dt>Room for</dt>
        <dd>{h.days_fit === null ? bytes(h.footage_free_bytes) : fits(h.days_fit)}</dd>
      </div>
      <div>
        <dt>Detector</dt>
        <dd>{h.detector.basic ? "people only" : `${h.detector.labels.length} kinds`}</dd>
      </div>
    </dl>
  );
}

function Lately() {
  const found = recent.value.slice(0, 12);
  return (
    <aside class="lately" aria-label="Lately">
      <h2>Lately</h2>
      {found.length ? (
        <ol>
          {found.map((event) => (
            <li key={event.id}>
              <Short event={event} />
            </li>
          ))}
        </ol>
      ) : (
        <p class="dim">Nobody has come by yet. Walk past a camera to see what happens.</p>
      )}
    </aside>
  );
}

function Short({ event }: { event: HouseEvent }) {
  const open = event.end_us === null;
  const today = dayName(event.start_us, now_us.value);
  return (
    <a class={`short ${event.reviewed ? "" : "is-new"}`} href={`/events/${event.id}`}>
      <EventPicture event={event} near />
      <span class="short-text">
        <strong>
          {labelName(event.kind, event.label)} <span class="dim">· {cameraName(event.camera)}</span>
        </strong>
        <span class="dim">
          {open ? <span class="now">now</span> : today === "Today" ? ago(event.start_us, now_us.value) : `${today} ${clock(event.start_us)}`}
        </span>
      </span>
    </a>
  );
}

function Enlarged({ camera, all }: { camera: Camera; all: Camera[] }) {
  const close = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    close.current?.focus();
    return () => before?.focus?.();
  }, []);
  const other = (step: number): string => all[(all.indexOf(camera) + step + all.length) % all.length]?.id ?? camera.id;
  useKeys((event) => {
    if (event.key === "Escape") go("/");
    if (event.key === "ArrowLeft") go(`/?camera=${other(-1)}`, true);
    if (event.key === "ArrowRight") go(`/?camera=${other(1)}`, true);
  });
  const main = camera.streams.find((stream) => stream.stream === "main") ?? camera.streams[0];
  return (
    <div class="enlarged" role="dialog" aria-modal="true" aria-label={camera.name}>
      <LiveView camera={camera} stream="main" key={camera.id} />
      <div class="enlarged-head">
        <Dot state={camera.state} />
        <strong>{camera.name}</strong>
        {main && camera.state === "live" ? (
          <span class="dim">
            {main.width_px} × {main.height_px} · {main.fps.toFixed(0)} fps
          </span>
        ) : (
          <span class="dim">for {lasted(now_us.value - camera.since_us)}</span>
        )}
        <span class="spacer" />
        <a class="button is-glass" href={`/cameras/${camera.id}`}>
          Timeline
        </a>
        <a class="button is-glass is-round" href="/" ref={close} aria-label="Close">
          <icons.Close />
        </a>
      </div>
      {all.length > 1 ? (
        <>
          <button class="enlarged-step is-left" type="button" aria-label="Previous camera" onClick={() => go(`/?camera=${other(-1)}`, true)}>
            <icons.Back />
          </button>
          <button class="enlarged-step is-right" type="button" aria-label="Next camera" onClick={() => go(`/?camera=${other(1)}`, true)}>
            <icons.Next />
          </button>
        </>
      ) : null}
      <Motion camera={camera} />
    </div>
  );
}
