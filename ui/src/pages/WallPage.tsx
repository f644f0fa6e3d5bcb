/** The live wall: every camera as large as the screen allows, and who came by lately. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api, type Camera, type HouseEvent } from "../api";
import { deed, isForeign } from "../doors/words";
import { ago, bytes, clock, dayName, fits, labelName, moment, spanHours, startOfDay } from "../format";
import { Arrange } from "../live/Arrange";
import * as marks from "../live/icons";
import { fill, unfill, useWakeLock } from "../live/kiosk";
import { mosaic, neighbour, SHAPE, shape } from "../live/mosaic";
import { Tile } from "../live/Tile";
import { chosen, wallSet } from "../live/wallset";
import { Empty, useKeys, useLoaded } from "../parts/bits";
import { EventPicture } from "../parts/EventPicture";
import * as icons from "../parts/icons";
import { Hours, piece } from "../parts/Strip";
import { go, place } from "../router";
import { cameraName, cameras, house, lastLogins, loaded, now_us, recent, unseenLogins } from "../store";
import { plural, rich, t } from "../words";

const GAP = 12;
const KIOSK_GAP = 3;

export function status(all: readonly Camera[]): string {
  const live = all.filter((camera) => camera.state === "live").length;
  if (!all.length) return "";
  if (live === all.length) return all.length === 1 ? t("The camera is live") : t("All {n} cameras are live", { n: all.length });
  const hidden = all.filter((camera) => camera.state === "private").length;
  return hidden ? t("{n} of {all} cameras are live, {hidden} private", { n: live, all: all.length, hidden }) : t("{n} of {all} cameras are live", { n: live, all: all.length });
}

/** What is not there yet keeps its place, so that nothing moves when it comes. */
const kept = (isThere: boolean) => ({ visibility: isThere ? "" : "hidden" });

const WALL = "/";
const KIOSK = "/?wall=full";

export function WallPage() {
  const all = cameras.value;
  const kiosk = place.value.query.get("wall") === "full";
  const [arranging, setArranging] = useState(false);
  const enlarged = all.find((camera) => camera.id === place.value.query.get("camera"));
  const back = kiosk ? KIOSK : WALL;
  useWakeLock(kiosk);
  useEffect(() => {
    if (!kiosk) return undefined;
    // whoever leaves full screen by the browser's own way means to leave the wall, too
    const left = (): void => {
      if (!document.fullscreenElement) go(WALL, true);
    };
    document.addEventListener("fullscreenchange", left);
    return () => {
      document.removeEventListener("fullscreenchange", left);
      unfill();
    };
  }, [kiosk]);
  useKeys((event) => {
    if (kiosk && !enlarged && event.key === "Escape") go(WALL);
    if (!kiosk && event.key === "f") start();
  });
  const start = (): void => {
    fill();
    go(KIOSK);
  };
  return (
    <div class={kiosk ? "wall-page is-kiosk" : "wall-page"}>
      {kiosk ? (
        <div class="kiosk-head">
          <Stranger />
          <span class="spacer" />
          <time class="kiosk-clock">{clock(now_us.value)}</time>
          <a class="button is-glass is-round" href={WALL} aria-label={t("Leave the full screen")}>
            <marks.Unfill />
          </a>
        </div>
      ) : (
        <header class="head is-wall">
          <div>
            <h1 title={house.value?.name}>{house.value?.name || "Hearthwatch"}</h1>
            <p class="dim">{status(all)}</p>
          </div>
          <Stranger />
          <div class="wall-side">
            <button class="button is-plain is-round" type="button" style={kept(all.length > 1)} aria-label={t("Choose and order the cameras of this screen")} title={t("Choose and order")} onClick={() => setArranging(true)}>
              <marks.Order />
            </button>
            <button class="button is-plain is-round" type="button" style={kept(all.length > 0)} aria-label={t("The wall over the whole screen")} title={t("Full screen (f)")} onClick={start}>
              <marks.Fill />
            </button>
            <time class="wall-clock">{clock(now_us.value)}</time>
          </div>
        </header>
      )}
      {all.length ? (
        <div class="wall-body">
          <Grid all={all} enlarged={enlarged ?? null} kiosk={kiosk} back={back} />
          {kiosk ? null : <Lately />}
        </div>
      ) : loaded.value ? (
        <Empty icon={<icons.Camera size={40} />} title={t("No camera yet")}>
          {rich("Add one to the configuration: a section {section} with its address as {key}. It appears here by itself.", { section: <code>[camera.front-door]</code>, key: <code>main</code> })}
        </Empty>
      ) : null}
      {arranging ? <Arrange all={all} onClose={() => setArranging(false)} /> : null}
    </div>
  );
}

/** Somebody at a camera's own door whom nobody has looked at yet. */
function Stranger() {
  const unseen = unseenLogins.value;
  const newest = unseen[0];
  if (!newest) return null;
  const where = `${cameraName(newest.camera)}, ${moment(newest.at_us, now_us.value)}`;
  const more = unseen.length > 1 ? `${where}, ${t("and {n} more", { n: unseen.length - 1 })}` : where;
  return (
    <a class="stranger" href="/logins">
      <icons.Warn size={20} />
      <span>
        <strong title={deed(newest)}>{deed(newest)}</strong>
        <span title={more}>{more}</span>
      </span>
    </a>
  );
}

/** A camera's picture has the shape of the stream that a tile shows. */
function shapeOf(camera: Camera): number {
  const stream = camera.streams.find((each) => each.stream === "sub" && each.width_px > 0) ?? camera.streams.find((each) => each.width_px > 0);
  return stream ? shape(stream.width_px, stream.height_px) : SHAPE;
}

/** What a phone shows of the wall at once: its height without head and rail. */
const NARROW_PX = 620;
const NARROW_REST_PX = 150;

function Grid({ all, enlarged, kiosk, back }: { all: Camera[]; enlarged: Camera | null; kiosk: boolean; back: string }) {
  const space = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<{ w: number; h: number }>({ w: 0, h: 0 });
  // before the first paint: what stands below the tiles begins where it stays
  useLayoutEffect(() => {
    if (!space.current) return undefined;
    setSize({ w: space.current.clientWidth, h: space.current.clientHeight });
    const watch = new ResizeObserver(([entry]) => entry && setSize({ w: entry.contentRect.width, h: entry.contentRect.height }));
    watch.observe(space.current);
    return () => watch.disconnect();
  }, []);
  const shown = chosen(all, wallSet.value);
  const tiles = enlarged && !shown.includes(enlarged) ? [...shown, enlarged] : shown;
  const gap = kiosk ? KIOSK_GAP : GAP;
  const narrow = size.w < NARROW_PX && !kiosk;
  const found = mosaic(shown.map(shapeOf), size.w, narrow ? innerHeight - NARROW_REST_PX : size.h, gap, narrow);
  const left = size.h - found.height - gap;
  const at = enlarged ? tiles.indexOf(enlarged) : -1;
  const link = (index: number): string => `${back}${kiosk ? "&" : "?"}camera=${encodeURIComponent(tiles.at(index % tiles.length)?.id ?? "")}`;
  const onKey = (event: KeyboardEvent): void => {
    if (enlarged || (!event.key.startsWith("Arrow") && event.key !== "Home" && event.key !== "End")) return;
    const links = [...(space.current?.querySelectorAll<HTMLElement>(".tile-link") ?? [])];
    const index = links.indexOf(document.activeElement as HTMLElement);
    event.preventDefault();
    links[index < 0 ? 0 : neighbour(index, event.key, found.spots)]?.focus();
  };
  useKeys((event) => {
    if (event.key.startsWith("Arrow") && document.activeElement === document.body) onKey(event);
  });
  return (
    <div class="wall-grid" ref={space} onKeyDown={onKey} aria-label={t("Cameras")} role="group">
      {size.w > 0 ? (
        <div class="wall-tiles" style={{ width: `${found.width}px`, height: `${found.height}px` }}>
          {tiles.map((camera, index) => (
            <Tile
              key={camera.id}
              camera={camera}
              spot={found.spots[index] ?? { x: 0, y: 0, w: 0, h: 0 }}
              enlarged={camera === enlarged}
              active={!enlarged || camera === enlarged}
              steps={tiles.length > 1 ? { before: link(at - 1), after: link(at + 1) } : null}
              back={back}
            />
          ))}
        </div>
      ) : null}
      {left > 84 && !narrow && !kiosk ? (
        <div class="wall-foot" style={left > 190 ? { maxWidth: `${Math.max(520, found.width)}px` } : undefined}>
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
      <h2>{plural(hours, "The last hour", "The last {n} hours")}</h2>
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
              aria-label={t("{what} at {camera}, {time}", { what: labelName(event.kind, event.label), camera: cameraName(event.camera), time: clock(event.start_us) })}
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
  if (!h || !loaded.value) return null;
  const today = startOfDay(now_us.value);
  const seen = recent.value.filter((event) => event.start_us >= today).length;
  const recording = cameras.value.filter((camera) => camera.recorded && camera.state === "live").length;
  return (
    <dl class="glance">
      <div>
        <dt>{t("Seen today")}</dt>
        <dd>{seen}</dd>
      </div>
      <div>
        <dt>{t("Recording")}</dt>
        <dd>
          {plural(recording, "{n} camera", "{n} cameras")}
        </dd>
      </div>
      <div>
        <dt>{t("Foreign log-ins")}</dt>
        <dd>{lastLogins.value.filter((login) => login.at_us >= today && isForeign(login)).length || t("none today")}</dd>
      </div>
      <div>
        <dt>{t("Room for")}</dt>
        <dd>{h.days_fit === null ? bytes(h.footage_free_bytes) : fits(h.days_fit)}</dd>
      </div>
      <div>
        <dt>{t("Detector")}</dt>
        <dd>{h.detector.basic ? t("people only") : t("{n} kinds", { n: h.detector.labels.length })}</dd>
      </div>
    </dl>
  );
}

function Lately() {
  const found = recent.value.slice(0, 12);
  return (
    <aside class="lately" aria-label={t("Lately")}>
      <h2>{t("Lately")}</h2>
      {found.length ? (
        <ol>
          {found.map((event) => (
            <li key={event.id}>
              <Short event={event} />
            </li>
          ))}
        </ol>
      ) : loaded.value ? (
        <p class="dim">{t("Nobody has come by yet. Walk past a camera to see what happens.")}</p>
      ) : null}
    </aside>
  );
}

function Short({ event }: { event: HouseEvent }) {
  const open = event.end_us === null;
  return (
    <a class={`short ${event.reviewed ? "" : "is-new"}`} href={`/events/${event.id}`}>
      <EventPicture event={event} near />
      <span class="short-text">
        <strong>
          {labelName(event.kind, event.label)} <span class="dim">· {cameraName(event.camera)}</span>
        </strong>
        <span class="dim">
          {open ? <span class="now">{t("now")}</span> : startOfDay(event.start_us) === startOfDay(now_us.value) ? ago(event.start_us, now_us.value) : `${dayName(event.start_us, now_us.value)} ${clock(event.start_us)}`}
        </span>
      </span>
    </a>
  );
}
