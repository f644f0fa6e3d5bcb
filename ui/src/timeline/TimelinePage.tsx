/** The timeline: all cameras' time at a glance, and playing several of them in step from any moment of it. */

import "./timeline.css";
import "./player.css";
import "./selection.css";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Camera } from "../api";
import { dayName, shortDay, startOfDay } from "../format";
import { Empty, Trouble, useKeys, useLoaded } from "../parts/bits";
import { DayPick, toDay } from "../parts/DayPick";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameras, loaded, now_us, session } from "../store";
import { said, t } from "../words";
import { type Lane, type Lanes, timeline } from "./api";
import { beside, EXACT, faster, HOUR, length, type Range, rangeOf, selected, slower, type Stretch, stepped, within, type Zoom, zoomed, zoomOf } from "./axis";
import { type Now, Playback } from "./playback";
import { readRange } from "./reading";
import { SelectionBar } from "./SelectionBar";
import { Stage } from "./Stage";
import { Tracks } from "./Tracks";
import { Transport } from "./Transport";
import { noteOf } from "./words";

const MOST_SCREENS = 4;
const ZOOMS: [Zoom, string][] = [
  ["month", said("30 days")],
  ["day", said("Day")],
  ["hour", said("Hour")],
];
const NOTE_MS = 4500;
/** A moment that was asked for is shown with so much time on each side: a visitor of ten seconds can still be picked out. */
const AROUND = 300e6;

function useLanes(range: Range, now: number): [Lanes | null, unknown, () => void] {
  const [asked, setAsked] = useState<Range>(() => readRange(range));
  const [again, setAgain] = useState(0);
  const long = length(range);
  useEffect(() => {
    const isCovered = asked[0] <= range[0] && range[1] <= asked[1];
    const isFit = length(asked) <= 2.6 * long + 1e6;
    if (isCovered && isFit) return;
    const timer = setTimeout(() => setAsked(readRange(range)), 110);
    return () => clearTimeout(timer);
  }, [range[0], range[1]]);
  const living = asked[1] > now ? Math.floor(now / (length(asked) > EXACT ? 60e6 : 10e6)) : 0;
  const [lanes, failed] = useLoaded(() => timeline.lanes(asked[0], asked[1], 600), [asked[0], asked[1], living, again]);
  return [lanes, failed, () => setAgain((count) => count + 1)];
}

/** A house that records since an hour or two shows nothing in a day. */
const isNew = (all: readonly Camera[], now: number): boolean => all.length > 0 && all.every((each) => each.kept_from_us === null || each.kept_from_us > now - 2 * HOUR);

/** Footage as the players need it; a file that is being written reaches until now. */
function islandsOf(lane: Lane, read_us: number): Stretch[] {
  return lane.footage.map(([start, end]): Stretch => [start, end >= read_us - 5e6 ? Number.MAX_SAFE_INTEGER : end]);
}

export default function TimelinePage() {
  const all = cameras.value;
  const now = now_us.value;
  const asked = Number(place.value.query.get("at"));
  const [start] = useState(() => (Number.isFinite(asked) && asked > 0 ? asked : null));
  const [range, setRange] = useState<Range>(() => (start !== null ? within([start - AROUND, start + AROUND], now) : isNew(all, now) ? within([now - 0.92 * HOUR, now + 0.08 * HOUR], now) : rangeOf("day", now, now)));
  const [following, setFollowing] = useState(start === null);
  const [open, setOpen] = useState(start !== null);
  const [chosen, setChosen] = useState<string[]>(() => (place.value.query.get("cameras") ?? "").split(",").filter(Boolean));
  const [selecting, setSelecting] = useState(false);
  const [selection, setSelection] = useState<Range | null>(null);
  const [scrubbing, setScrubbing] = useState(false);
  const [note, setNote] = useState("");
  const [sound, setSound] = useState(false);
  const [lanes, failed, reread] = useLanes(range, now);
  const playing = (chosen.length ? chosen : all.slice(0, 1).map((each) => each.id)).filter((each) => all.some((camera) => camera.id === each));
  const screens = all.filter((each) => playing.includes(each.id));

  const plan = useRef<Lanes | null>(null);
  const [planned, setPlanned] = useState<Lanes | null>(null);
  const noting = useRef(0);
  const say = (text: string): void => {
    setNote(text);
    clearTimeout(noting.current);
    noting.current = window.setTimeout(() => setNote(""), NOTE_MS);
  };
  const playback = useMemo(
    () => new Playback(start ?? Math.round(now - 60e6), (from_us, to_us) => say(noteOf(from_us, to_us, plan.current, Date.now() * 1000))),
    [],
  );
  const [at, setAt] = useState<Now>(playback.now);
  useEffect(() => {
    let frame = 0;
    let told_ms = 0;
    const run = (ms: number): void => {
      playback.tick();
      if (ms - told_ms > 90) {
        told_ms = ms;
        setAt(playback.now);
      }
      frame = requestAnimationFrame(run);
    };
    frame = requestAnimationFrame(run);
    return () => {
      cancelAnimationFrame(frame);
      playback.close();
    };
  }, [playback]);

  // the plan: exact footage around where it plays, whatever the view shows
  const home = planned && at.at_us > planned.start_us + HOUR && at.at_us < planned.end_us - 4 * HOUR ? planned.start_us : Math.round(at.at_us / HOUR - 6) * HOUR;
  const isLive = home + 20 * HOUR > now;
  const [read, planFailed] = useLoaded(() => (open ? timeline.lanes(home, home + 20 * HOUR, 2000) : Promise.resolve(null)), [open, home, isLive ? Math.floor(now / 10e6) : 0]);
  useEffect(() => {
    if (!read) return;
    plan.current = read;
    setPlanned(read);
    playback.plan(new Map(read.cameras.map((lane) => [lane.camera, islandsOf(lane, read.now_us)])));
  }, [read]);

  // now follows
  useEffect(() => {
    if (!following) return;
    const zoom = zoomOf(range);
    if (zoom === "hour") setRange(within([now - length(range) * 0.92, now + length(range) * 0.08], now));
    else if (now > range[1]) setRange(rangeOf(zoom, now, now));
  }, [following, Math.floor(now / 5e6)]);

  // the view goes along with what is played
  useEffect(() => {
    if (!at.playing || scrubbing || at.at_us < range[0] || at.at_us <= range[1] - length(range) * 0.04) return;
    if (at.at_us < range[1] + length(range)) setRange(within([at.at_us - length(range) * 0.1, at.at_us + length(range) * 0.9], now));
  }, [Math.floor(at.at_us / 1e6)]);

  const remember = (at_us: number, which = playing): void => go(`/timeline?at=${Math.round(at_us)}${which.length ? `&cameras=${which.join(",")}` : ""}`, true);
  const seek = (at_us: number): void => {
    setOpen(true);
    setFollowing(false);
    playback.seek(at_us);
    setAt(playback.now);
  };
  const pick = (at_us: number, camera: string | null): void => {
    if (at_us > now) return;
    const which = camera && !playing.includes(camera) ? (chosen.length > 1 ? [...playing, camera].slice(-MOST_SCREENS) : [camera]) : playing;
    if (which !== playing) setChosen(which);
    seek(at_us);
    playback.play();
    remember(Math.min(at_us, now), which);
  };
  const scrub = (at_us: number, done: boolean): void => {
    if (!done && !scrubbing) {
      setScrubbing(true);
      playback.pause();
    }
    seek(Math.min(at_us, now));
    if (done) {
      setScrubbing(false);
      remember(at_us);
    }
  };
  const toggle = (): void => {
    if (at.playing) {
      playback.pause();
      remember(playback.now.at_us);
    } else {
      setOpen(true);
      setFollowing(false);
      playback.play();
    }
    setAt(playback.now);
  };
  const jump = (by_us: number): void => seek(playback.now.at_us + by_us);
  const step = (way: 1 | -1): void => {
    setOpen(true);
    setFollowing(false);
    playback.step(way);
    setAt(playback.now);
  };
  const rate = (next: number): void => {
    playback.setRate(next);
    setAt(playback.now);
  };
  const event = async (way: 1 | -1): Promise<void> => {
    const at_us = await findEvent(playing, playback.now.at_us, way, now);
    if (at_us === null) say(t(way === 1 ? "There is no later event." : "There is no event before in these 30 days."));
    else {
      seek(at_us - 1e6);
      if (at_us < range[0] || at_us > range[1]) setRange(within([at_us - length(range) / 2, at_us + length(range) / 2], now));
      remember(at_us - 1e6);
    }
  };
  const camera = (id: string): void => {
    const next = playing.includes(id) ? playing.filter((each) => each !== id) : [...playing, id].slice(-MOST_SCREENS);
    setChosen(next.length ? next : [id]);
    setOpen(true);
  };
  const zoomTo = (zoom: Zoom): void => {
    const about = open && !following ? at.at_us : now;
    setRange(rangeOf(zoom, about, now));
  };
  const toNow = (): void => {
    setFollowing(true);
    setRange(rangeOf(zoomOf(range), now, now));
  };
  const changeRange = (next: Range): void => {
    setFollowing(false);
    setRange(next);
  };
  const keys = (pressed: KeyboardEvent): void => {
    if (pressed.target instanceof HTMLButtonElement && (pressed.key === " " || pressed.key === "Enter")) return;
    const done = { " ": toggle, k: toggle, ArrowLeft: () => jump(-10e6), ArrowRight: () => jump(10e6), j: () => rate(slower(at.rate)), l: () => rate(faster(at.rate)), ",": () => step(-1), ".": () => step(1), n: () => void event(1), p: () => void event(-1), "+": () => setRange(zoomed(range, 0.6, at.at_us, now)), "-": () => setRange(zoomed(range, 1.7, at.at_us, now)), Escape: () => drop() }[pressed.key];
    if (!done) return;
    pressed.preventDefault();
    done();
  };
  useKeys((pressed) => {
    if (!(pressed.target instanceof HTMLTextAreaElement)) keys(pressed);
  });
  const drop = (): void => {
    setSelection(null);
    setSelecting(false);
  };
  const startSelecting = (): void => {
    if (selecting || selection) drop();
    else {
      setSelecting(true);
      const about = open ? at.at_us : now;
      const isShown = open && about >= range[0] && about <= range[1];
      const middle = (range[0] + Math.min(range[1], now)) / 2;
      setSelection(isShown ? selected(about - 15e6, about + 15e6, now) : selected(middle - Math.min(length(range) / 50, AROUND), middle + Math.min(length(range) / 50, AROUND), now));
    }
  };

  if (!all.length) {
    return loaded.value ? (
      <Empty icon={<icons.Camera size={40} />} title={t("There is no camera yet")}>
        {t("The timeline fills once one records.")}
      </Empty>
    ) : null;
  }
  const zoom = zoomOf(range);
  const title = zoom === "month" ? `${shortDay(range[0])} – ${shortDay(Math.min(range[1] - 1, now))}` : dayName((range[0] + range[1]) / 2, now);
  const role = session.value?.user?.role;
  const has = (test: (lane: Lane) => boolean): boolean => lanes?.cameras.some(test) ?? false;
  return (
    <div class="page tl-page">
      <header class="tl-bar">
        <h1>{t("Timeline")}</h1>
        <div class="tl-when">
          <button class="button is-plain is-round" type="button" aria-label={t("Earlier")} onClick={() => changeRange(stepped(range, -1, now))}>
            <icons.Back />
          </button>
          <DayPick
            day_us={startOfDay((range[0] + range[1]) / 2)}
            onPick={(text) => {
              const day = toDay(text);
              if (day !== null) changeRange(rangeOf(zoom === "hour" ? "day" : zoom, day, now));
              else toNow();
            }}
          />
          <button class="button is-plain is-round" type="button" aria-label={t("Later")} disabled={range[1] > now} onClick={() => changeRange(stepped(range, 1, now))}>
            <icons.Next />
          </button>
        </div>
        <span class="sr" aria-live="polite">
          {title}
        </span>
        <div class="segmented is-small" role="group" aria-label={t("Show")}>
          {ZOOMS.map(([each, text]) => (
            <button key={each} type="button" aria-pressed={zoom === each} onClick={() => zoomTo(each)}>
              {t(text)}
            </button>
          ))}
        </div>
        <button class="chip" type="button" aria-pressed={following} onClick={toNow}>
          {t("Now")}
        </button>
        <button class="chip" type="button" aria-pressed={selecting || selection !== null} onClick={startSelecting}>
          {t("Select")}
        </button>
      </header>
      {open ? (
        <>
          <Stage playback={playback} now={at} cameras={screens} lanes={planned?.cameras ?? []} scrubbing={scrubbing} />
          <Transport now={at} now_us={now} hasSound={screens.some((each) => each.streams.some((stream) => stream.has_audio))} sound={sound} onPlay={toggle} onJump={jump} onStep={step} onEvent={(way) => void event(way)} onRate={rate} onSound={(on) => { setSound(on); playback.setSound(on); }} />
        </>
      ) : null}
      <p class={`tl-note ${note ? "is-shown" : ""}`} role="status">
        {note}
      </p>
      <Trouble error={failed ?? planFailed} />
      {selection ? <SelectionBar range={selection} cameras={playing} now_us={now} mayDecide={role === "owner" || role === "member"} onRange={setSelection} onKept={reread} onClose={drop} /> : selecting ? <p class="hint tl-hint">{t("Drag across the lanes to choose a range of time.")}</p> : null}
      <Tracks
        lanes={lanes}
        range={range}
        now_us={now}
        at_us={open ? at.at_us : null}
        selection={selection}
        selecting={selecting}
        cameras={all}
        playing={open ? playing : []}
        onPick={pick}
        onScrub={scrub}
        onRange={changeRange}
        onSelect={setSelection}
        onCamera={camera}
      />
      <ul class="legend tl-legend" aria-label={t("Legend")}>
        <li>
          <i class="is-span" /> {t("Footage")}
        </li>
        <li>
          <i class="is-event" /> {t("Event")}
        </li>
        <li>
          <i class="is-motion" /> {t("Motion")}
        </li>
        <li>
          <i class="is-gap" /> {t("Gap: the camera or the disk")}
        </li>
        <li>
          <i class="is-own-gap" /> {t("Gap: wanted, or Hearthwatch itself")}
        </li>
        {has((lane) => lane.elsewhere.length > 0) ? (
          <li>
            <i class="is-elsewhere" /> {t("Only elsewhere")}
          </li>
        ) : null}
        {has((lane) => lane.card.length > 0) ? (
          <li>
            <i class="is-card" /> {t("From the camera's card")}
          </li>
        ) : null}
        {has((lane) => lane.pinned.length > 0) ? (
          <li>
            <i class="is-kept" /> {t("Kept for good")}
          </li>
        ) : null}
        <li>
          <i class="is-knock" /> {t("Log-in")}
        </li>
      </ul>
      {open ? null : <p class="hint tl-hint">{t("Tap a lane to play from there. Drag to go back in time, pinch or hold Ctrl and scroll to see more or less of it.")}</p>}
    </div>
  );
}

/** When the next event of these cameras begins, or the one before: near by exactly, then by the counts of a month. */
async function findEvent(wanted: readonly string[], at_us: number, way: 1 | -1, now: number): Promise<number | null> {
  const of = (lanes: Lanes): number[] => lanes.cameras.filter((lane) => wanted.includes(lane.camera)).flatMap((lane) => lane.events.map((each) => each.start_us));
  const day = 24 * HOUR;
  const near = await timeline.lanes(way === 1 ? at_us - HOUR : at_us - day, way === 1 ? Math.min(at_us + day, now + HOUR) : at_us + HOUR, 2000);
  const found = beside(of(near), at_us, way);
  if (found !== null) return found;
  const far = await timeline.lanes(way === 1 ? at_us : at_us - 30 * day, way === 1 ? at_us + 30 * day : at_us, 1000);
  const cells = of(far).sort((a, b) => way * (a - b));
  for (const cell of cells.slice(0, 3)) {
    const about = await timeline.lanes(cell - HOUR, cell + far.cell_us + HOUR, 2000);
    const there = beside(of(about), at_us, way);
    if (there !== null) return there;
  }
  return null;
}
