/** A day of one camera as a strip: footage here and elsewhere, gaps with their cause, events; a click plays from there. */

import type { HouseEvent, Timeline } from "../api";
import { addDays, clock, clockSeconds, gapCause, labelName, lasted, ticks } from "../format";
import { t } from "../words";
import { placesOf, spanAt, spanTitle } from "./Elsewhere";

export interface Piece {
  left: number;
  width: number;
}

interface Stretch {
  start_us: number;
  end_us: number;
}

/** The part of [start, end] that lies in the day, as fractions of the day; null when there is none. */
export function piece(start_us: number, end_us: number, from_us: number, to_us: number): Piece | null {
  const start = Math.max(start_us, from_us);
  const end = Math.min(end_us, to_us);
  if (end <= start) return null;
  return { left: (start - from_us) / (to_us - from_us), width: (end - start) / (to_us - from_us) };
}

/** Spans that touch (within 2 s) as one: a day has 1,440 segments and a strip a thousand pixels. */
export function joined(spans: readonly Stretch[]): Stretch[] {
  const found: Stretch[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last && span.start_us - last.end_us < 2e6) last.end_us = Math.max(last.end_us, span.end_us);
    else found.push({ start_us: span.start_us, end_us: span.end_us });
  }
  return found;
}

const percent = (value: number): string => `${(value * 100).toFixed(3)}%`;
const style = (found: Piece) => ({ left: percent(found.left), width: percent(found.width) });

interface Props {
  timeline: Timeline;
  from_us: number;
  to_us: number;
  now_us: number;
  at_us: number | null;
  onPick: (at_us: number) => void;
}

export function Strip({ timeline, from_us, to_us, now_us, at_us, onPick }: Props) {
  const pick = (event: MouseEvent): void => {
    const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
    onPick(from_us + ((event.clientX - area.left) / area.width) * (to_us - from_us));
  };
  const step = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -60e6, ArrowRight: 60e6, PageUp: -3600e6, PageDown: 3600e6 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onPick(Math.min(Math.min(to_us, now_us), Math.max(from_us, (at_us ?? now_us) + by)));
  };
  const mark = (event: HouseEvent) => {
    const found = piece(event.start_us, event.end_us ?? now_us, from_us, to_us);
    return found ? (
      <a
        key={event.id}
        class="strip-event"
        href={`/events/${event.id}`}
        style={style(found)}
        title={`${labelName(event.kind, event.label)}, ${clock(event.start_us)}`}
        tabIndex={-1}
        aria-hidden="true"
        onClick={(click) => click.stopPropagation()}
      />
    ) : null;
  };
  const away = spanAt(timeline.elsewhere, at_us ?? now_us);
  return (
    <div class="strip">
      <div class="strip-track" onClick={pick}>
        <div
          class="strip-slider"
          role="slider"
          tabIndex={0}
          aria-label={t("Time of day")}
          aria-valuemin={0}
          aria-valuemax={86_400}
          aria-valuenow={Math.round(((at_us ?? now_us) - from_us) / 1e6)}
          aria-valuetext={away ? t("{time}, only at {places}", { time: clockSeconds(at_us ?? now_us), places: placesOf(away.places) }) : clockSeconds(at_us ?? now_us)}
          onKeyDown={step}
        />
        {joined(timeline.spans).map((span) => {
          const found = piece(span.start_us, span.end_us, from_us, to_us);
          return found ? <span key={span.start_us} class="strip-span" style={style(found)} /> : null;
        })}
        {joined(timeline.elsewhere).map((span) => {
          const found = piece(span.start_us, span.end_us, from_us, to_us);
          return found ? <span key={span.start_us} class="strip-hatch" style={style(found)} /> : null;
        })}
        {timeline.elsewhere.map((span) => {
          const found = piece(span.start_us, span.end_us, from_us, to_us);
          return found ? <span key={span.start_us} class="strip-elsewhere" style={style(found)} title={spanTitle(span)} /> : null;
        })}
        {timeline.gaps.map((gap) => {
          const found = piece(gap.start_us, gap.end_us ?? now_us, from_us, to_us);
          return found ? (
            <span
              key={gap.start_us}
              class={`strip-gap is-${gap.reason}`}
              style={style(found)}
              title={`${gapCause(gap.reason)}, ${clock(gap.start_us)}, ${lasted((gap.end_us ?? now_us) - gap.start_us)}`}
            />
          ) : null;
        })}
        <div class="strip-events">{timeline.events.map(mark)}</div>
        {at_us !== null && at_us >= from_us && at_us <= to_us ? <span class="strip-at" style={{ left: percent((at_us - from_us) / (to_us - from_us)) }} /> : null}
        {now_us > from_us && now_us < to_us ? <span class="strip-now" style={{ left: percent((now_us - from_us) / (to_us - from_us)) }} /> : null}
      </div>
      <Hours from_us={from_us} to_us={to_us} />
    </div>
  );
}

const MOST_NAMED = 8;

/** The same events in words, newest first: marks of a strip are too narrow for a finger, and nothing for a keyboard. */
export function StripEvents({ camera, events, day }: { camera: string; events: readonly HouseEvent[]; day: string }) {
  if (!events.length) return null;
  const newest = [...events].sort((a, b) => b.start_us - a.start_us);
  return (
    <ul class="strip-list" aria-label={t("Events of this day")}>
      {newest.slice(0, MOST_NAMED).map((event) => (
        <li key={event.id}>
          <a class="chip" href={`/events/${event.id}`}>
            {clock(event.start_us)} {labelName(event.kind, event.label)}
          </a>
        </li>
      ))}
      {newest.length > MOST_NAMED ? (
        <li>
          <a class="chip" href={`/events?camera=${encodeURIComponent(camera)}&day=${day}`}>
            {t("All {n} of this day", { n: newest.length })}
          </a>
        </li>
      ) : null}
    </ul>
  );
}

/** The clock below a strip. */
export const Hours = ({ from_us, to_us }: { from_us: number; to_us: number }) => (
  <div class="strip-hours" aria-hidden="true">
    {ticks(from_us, to_us).map((at_us) => (
      <span key={at_us} class={at_us - from_us < (to_us - from_us) / 50 ? "is-first" : ""} style={{ left: percent((at_us - from_us) / (to_us - from_us)) }}>
        {clock(at_us)}
      </span>
    ))}
  </div>
);

export const dayRange = (day_us: number): [number, number] => [day_us, addDays(day_us, 1)];

/** The part of a day that is shown around a moment. */
export function zoomed(day: [number, number], hours: number, about_us: number): [number, number] {
  const length = Math.min(hours * 3600e6, day[1] - day[0]);
  const from_us = Math.max(day[0], Math.min(about_us - length / 2, day[1] - length));
  return [from_us, from_us + length];
}
