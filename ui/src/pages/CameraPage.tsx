/** One camera: live or played from any moment of a day, its gaps with their cause, and its counters. */

import { useEffect, useState } from "preact/hooks";
import { api, at } from "../api";
import { addDays, boxName, bytes, clock, clockSeconds, codecName, dayName, gapCause, going, isWell, lasted, spanHours, startOfDay, stateName } from "../format";
import { Controls } from "../live/Controls";
import { LiveView } from "../live/LiveView";
import { Dot, Motion } from "../live/Tile";
import { Empty, Trouble, useLoaded } from "../parts/bits";
import { CameraBar } from "../parts/CameraBar";
import { toText } from "../parts/DayPick";
import { ElsewherePanel, spanAt } from "../parts/Elsewhere";
import * as icons from "../parts/icons";
import { dayRange, Strip, StripEvents, zoomed } from "../parts/Strip";
import { Timelapse } from "../parts/Timelapse";
import { RelayCard } from "../relay/Card";
import { go, place } from "../router";
import { CameraFate } from "../setup/CameraFate";
import { cameras, loaded, now_us } from "../store";
import { said, t } from "../words";
import { figure } from "../words/figures";
import { told } from "../words/told";

const PLAY_US = 5 * 60 * 1e6;
const ZOOMS: [number, string][] = [
  [24, said("Day")],
  [6, said("6 h")],
  [1, said("1 h")],
];

export function CameraPage({ id }: { id: string }) {
  const camera = cameras.value.find((each) => each.id === id);
  const asked = Number(place.value.query.get("at"));
  const at_us = Number.isFinite(asked) && asked > 0 ? asked : null;
  const [day_us, setDay] = useState(startOfDay(at_us ?? now_us.value));
  const [error, setError] = useState<unknown>(null);
  const [zoom, setZoom] = useState<number | null>(null);
  const minute = Math.floor(now_us.value / 30e6);
  const [from_us, to_us] = dayRange(day_us);
  const [timeline, failed] = useLoaded(() => api.timeline(id, from_us, to_us), [id, day_us, minute]);
  const [about] = useLoaded(
    async () => (at_us === null ? null : { at_us, found: await api.elsewhere(id, at_us, Math.min(at_us + PLAY_US, Date.now() * 1000)).catch(() => null) }),
    [id, at_us],
  );
  useEffect(() => setError(null), [at_us, id]);

  if (!camera) {
    return loaded.value ? (
      <Empty icon={<icons.Camera size={40} />} title={t("There is no such camera")}>
        {t("It may have been renamed in the configuration.")}
      </Empty>
    ) : null;
  }
  const now = now_us.value;
  const pick = (moment_us: number): void => {
    if (moment_us < now - 5e6) go(`/cameras/${id}?at=${Math.round(moment_us)}`, true);
    else go(`/cameras/${id}`, true);
  };
  const isToday = day_us === startOfDay(now);
  const short = isToday && camera.kept_from_us !== null ? spanHours(camera.kept_from_us, now) : 24;
  const hours = zoom ?? (short <= 1 ? 1 : short <= 6 ? 6 : 24);
  const whole: [number, number] = [from_us, to_us];
  const shown = zoomed(whole, hours, at_us ?? (isToday ? now - (hours - 1) * 1200e6 : from_us + 43_200e6));
  const isAsked = at_us !== null && about?.at_us === at_us;
  const ways = isAsked && about.found && spanAt(about.found.spans, at_us) ? about.found.ways : null;
  return (
    <div class="page">
      <CameraBar id={id} here="picture" />
      <header class="camera-head">
        <h1>{camera.name}</h1>
        <span class={`state ${isWell(camera.state) ? "" : "bad"}`}>
          <Dot state={camera.state} /> {stateName(camera.state)}
        </span>
        <span class="spacer" />
        {at_us !== null ? (
          <button class="button is-main" type="button" onClick={() => pick(now)}>
            {t("Back to live")}
          </button>
        ) : null}
      </header>
      <div class={`stage is-wide ${ways ? "is-elsewhere" : ""}`}>
        {ways ? (
          <ElsewherePanel ways={ways} />
        ) : at_us !== null && !isAsked ? null : at_us === null ? (
          <>
            <LiveView camera={camera} full>
              {(over) => <Controls camera={camera} over={over} />}
            </LiveView>
            <Motion camera={camera} />
          </>
        ) : (
          <video
            key={at_us}
            class="footage"
            src={at.footage(id, at_us, Math.min(at_us + PLAY_US, Math.round(now)), "main")}
            controls
            autoplay
            muted
            playsInline
            onError={() => setError(new Error(t("There is no footage at this moment, or the browser cannot play it.")))}
            aria-label={t("{camera} from {time}", { camera: camera.name, time: clockSeconds(at_us) })}
          />
        )}
      </div>
      <Trouble error={error ?? failed} />
      <section class="timeline">
        <div class="timeline-head">
          <h2>
            {dayName(day_us, now)}
            {at_us !== null ? <span class="dim"> · {t("from {time}", { time: clockSeconds(at_us) })}</span> : null}
          </h2>
          <div class="segmented is-small" role="group" aria-label={t("Zoom")}>
            {ZOOMS.map(([each, text]) => (
              <button key={each} type="button" aria-pressed={hours === each} onClick={() => setZoom(each)}>
                {t(text)}
              </button>
            ))}
          </div>
          <button class="button is-plain is-round" type="button" aria-label={t("The day before")} onClick={() => setDay(addDays(day_us, -1))}>
            <icons.Back />
          </button>
          <button class="button is-plain is-round" type="button" aria-label={t("The day after")} disabled={isToday} onClick={() => setDay(addDays(day_us, 1))}>
            <icons.Next />
          </button>
        </div>
        {timeline ? <Strip timeline={timeline} from_us={shown[0]} to_us={shown[1]} now_us={now} at_us={at_us} onPick={pick} /> : <div class="strip is-empty" />}
        <ul class="legend" aria-label={t("Legend")}>
          <li>
            <i class="is-span" /> {t("Footage")}
          </li>
          {timeline?.elsewhere.length ? (
            <li>
              <i class="is-elsewhere" /> {t("Only elsewhere")}
            </li>
          ) : null}
          <li>
            <i class="is-event" /> {t("Event")}
          </li>
          <li>
            <i class="is-gap" /> {t("Gap")}
          </li>
        </ul>
        {timeline ? <StripEvents camera={id} events={timeline.events} day={toText(day_us)} /> : null}
      </section>
      <Timelapse camera={id} day_us={day_us} />
      <div class="two">
        <section>
          <h2>{t("Gaps")}</h2>
          {timeline?.gaps.length ? (
            <ul class="list">
              {timeline.gaps.map((gap) => (
                <li class="outage" key={gap.start_us}>
                  <span class={`dot ${gap.end_us !== null ? "is-over" : gap.reason === "private" || gap.reason === "mode" ? "is-private" : "is-lost"}`} aria-hidden="true" />
                  <span>
                    <strong>{gapCause(gap.reason)}</strong>
                    <span class="dim">{told(gap.detail)}</span>
                  </span>
                  <span class="dim outage-when">
                    {clock(gap.start_us)}
                    <br />
                    {gap.end_us === null ? going(now - gap.start_us) : lasted(gap.end_us - gap.start_us)}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <p class="dim">{t("None on this day.")}</p>
          )}
        </section>
        <section>
          <h2>{t("Streams")}</h2>
          {camera.streams.map((stream) => (
            <div class="stream-card" key={stream.stream}>
              <p>
                <span class="tag">{stream.stream}</span>{" "}
                {stream.codec === null ? t("no picture yet") : `${codecName(stream.codec)} · ${stream.width_px} × ${stream.height_px} · ${t("{n} fps", { n: figure(stream.fps, 1) })}`}
              </p>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t("Way")}</th>
                    <th scope="col">{t("Passed")}</th>
                    <th scope="col">{t("Waiting")}</th>
                    <th scope="col">{t("Dropped")}</th>
                  </tr>
                </thead>
                <tbody>
                  {stream.boxes.map((box) => (
                    <tr key={box.name}>
                      <td title={box.name}>{boxName(box.name)}</td>
                      <td>{figure(box.put)}</td>
                      <td>{box.waiting}</td>
                      <td class={box.dropped ? "warm" : ""}>{figure(box.dropped)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ))}
          <p class="hint">
            {camera.only_events ? t("Only what belongs to events is kept") : camera.recorded ? (camera.bytes_per_day ? t("Recording, {size} a day", { size: bytes(camera.bytes_per_day) }) : t("Recording")) : t("Not recorded")} · {t("looked at {n} times a second", { n: figure(camera.looked_per_s, 1) })}
          </p>
        </section>
      </div>
      <RelayCard camera={id} key={`relay ${id}`} />
      <CameraFate id={id} name={camera.name} />
    </div>
  );
}
