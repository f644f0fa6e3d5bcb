/** One event: its footage and its picture, and whether it stays. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, at, type EventDetail, type HouseEvent } from "../api";
import { ask } from "../ask";
import { clockSeconds, codecName, dayName, labelName, lasted } from "../format";
import { Trouble, useKeys, useLoaded } from "../parts/bits";
import { Burst } from "../parts/Burst";
import { ElsewherePanel, placesOf } from "../parts/Elsewhere";
import { Note } from "../events/Note";
import { SuggestionsPanel } from "../events/Suggestions";
import { EventPicture } from "../parts/EventPicture";
import { HandOver } from "../parts/HandOver";
import * as icons from "../parts/icons";
import { go } from "../router";
import { cameraName, cameras, isOwner, may, now_us, recent } from "../store";
import { t } from "../words";
import { percent } from "../words/figures";
import { told } from "../words/told";
import { Card } from "./EventsPage";

/** Footage begins before the visitor comes: playing starts this long before. */
const LEAD_US = 1.5e6;

function Step({ to, name, icon }: { to: string | undefined; name: string; icon: ComponentChildren }) {
  return to ? (
    <a class="button is-plain is-round" href={`/events/${to}`} aria-label={name}>
      {icon}
    </a>
  ) : (
    <button class="button is-plain is-round" type="button" disabled aria-label={name}>
      {icon}
    </button>
  );
}

export function EventPage({ id }: { id: string }) {
  const changed = recent.value.find((event) => event.id === id)?.end_us;
  // counts what was done from here: an answer that was on its way meanwhile is older, and asked for anew
  const [touched, setTouched] = useState(0);
  const [detail, error, showDetail] = useLoaded(() => api.event(id), [id, changed, touched]);
  const setDetail = (now: EventDetail): void => {
    showDetail(now);
    setTouched(touched + 1);
  };
  const [view, setView] = useState<"footage" | "picture">("footage");
  const [failed, setFailed] = useState<unknown>(null);
  const [stream, setStream] = useState<"main" | "sub">("main");
  const [opened_us, setOpened] = useState(0);
  const clip = detail?.event.id === id ? detail.event : null;
  const [away] = useLoaded(
    async () => (clip?.clip_end_us ? { id, found: await api.elsewhere(clip.camera, clip.clip_start_us, clip.clip_end_us).catch(() => null) } : null),
    [clip?.id, clip?.clip_end_us],
  );
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    setView("footage");
    setStream("main");
    setFailed(null);
    setOpened(Date.now() * 1000);
    if (may("decide")) void api.reviewed(id).catch(() => undefined); // only a mark: the page works without it
    recent.value = recent.value.map((event) => (event.id === id ? { ...event, reviewed: true } : event));
  }, [id]);

  const list = recent.value;
  const index = list.findIndex((event) => event.id === id);
  const newer = index > 0 ? list[index - 1] : undefined;
  const older = index >= 0 ? list[index + 1] : undefined;
  useKeys((event) => {
    if (event.target instanceof HTMLVideoElement) return;
    if (event.key === "Escape") history.length > 1 ? history.back() : go("/events");
    if (event.key === "ArrowLeft" && newer) go(`/events/${newer.id}`, true);
    if (event.key === "ArrowRight" && older) go(`/events/${older.id}`, true);
  });

  if (!detail || detail.event.id !== id) {
    return (
      <div class="page">
        <Trouble error={error} />
      </div>
    );
  }
  const { event } = detail;
  const end_us = event.clip_end_us ?? opened_us;
  const camera = cameras.value.find((each) => each.id === event.camera);
  const main = camera?.streams.find((each) => each.stream === stream);
  const onVideoError = (): void => {
    const sub = camera?.streams.find((each) => each.stream === "sub");
    if (stream === "main" && sub?.codec === "h264" && main?.codec !== "h264") {
      setStream("sub");
      setFailed(new Error(t("This browser cannot play {codec}: this is the smaller stream. The download has the whole one.", { codec: codecName(main?.codec ?? null) })));
    } else {
      setView("picture");
      setFailed(new Error(t("The browser cannot play this footage. Download it, or look at the picture.")));
    }
  };
  const keep = async (): Promise<void> => {
    try {
      await api.keep(id, !detail.kept);
      setDetail({ ...detail, kept: !detail.kept });
    } catch (trouble) {
      setFailed(trouble);
    }
  };
  const judge = async (): Promise<void> => {
    try {
      const judged = await ask<HouseEvent>("POST", `/events/${encodeURIComponent(id)}/false-alarm`, {}, { false_alarm: !event.false_alarm });
      setDetail({ ...detail, event: judged });
    } catch (trouble) {
      setFailed(trouble);
    }
  };
  const start_s = Math.max(0, (event.start_us - LEAD_US - event.clip_start_us) / 1e6);
  const jumpToBest = (): void => {
    setView("footage");
    if (video.current) video.current.currentTime = (event.best_us - event.clip_start_us) / 1e6;
  };
  const ways = away?.id === id && away.found ? away.found.ways : [];
  const others = list.filter((each) => each.camera === event.camera && each.id !== id).slice(0, 4);
  const showPicture = view === "picture" || !detail.has_footage;
  return (
    <div class="page is-event">
      <nav class="event-bar" aria-label={t("Events")}>
        <a class="button is-plain" href="/events">
          <icons.Back size={18} /> {t("Events")}
        </a>
        <span class="spacer" />
        <Step to={newer?.id} name={t("Newer event")} icon={<icons.Back />} />
        <Step to={older?.id} name={t("Older event")} icon={<icons.Next />} />
      </nav>
      <div class={`event-layout ${ways.length ? "has-elsewhere" : ""}`}>
        <div class="stage">
          {showPicture ? (
            <EventPicture event={event} eager />
          ) : (
            <video
              key={`${id}-${stream}`}
              ref={video}
              class="footage"
              src={`${at.footage(event.camera, event.clip_start_us, end_us, stream)}#t=${start_s.toFixed(2)}`}
              poster={event.picture ? at.picture(id) : undefined}
              controls
              autoplay
              muted
              playsInline
              onError={onVideoError}
              aria-label={t("Footage: {what} at {camera}", { what: labelName(event.kind, event.label), camera: cameraName(event.camera) })}
            />
          )}
        </div>
        <div class="event-side">
          <p class="eyebrow">{cameraName(event.camera)}</p>
          <h1>{labelName(event.kind, event.label)}</h1>
          <p class="event-when">
            {dayName(event.start_us, now_us.value)}, {clockSeconds(event.start_us)}
            {event.end_us === null ? <span class="now"> {t("still there")}</span> : ` – ${clockSeconds(event.end_us)}`}
          </p>
          <dl class="facts">
            <dt>{t("Length")}</dt>
            <dd>{lasted((event.end_us ?? now_us.value) - event.start_us)}</dd>
            {event.zones.length ? (
              <>
                <dt>{t("Zone")}</dt>
                <dd>{event.zones.join(", ")}</dd>
              </>
            ) : null}
            {event.score > 0 ? (
              <>
                <dt>{t("Certainty")}</dt>
                <dd>{percent(event.score)}</dd>
              </>
            ) : null}
            <dt>{t("Best moment")}</dt>
            <dd>
              <button class="link" type="button" disabled={!detail.has_footage} onClick={jumpToBest}>
                {clockSeconds(event.best_us)}
              </button>
            </dd>
          </dl>
          {event.detail ? <p class="dim event-detail">{told(event.detail)}</p> : null}
          <Note event={event} onSaved={(saved) => setDetail({ ...detail, event: saved })} />
          <div class="segmented" role="group" aria-label={t("Show")}>
            <button type="button" aria-pressed={!showPicture} disabled={!detail.has_footage} onClick={() => setView("footage")}>
              {t("Footage")}
            </button>
            <button type="button" aria-pressed={showPicture} disabled={!event.picture} onClick={() => setView("picture")}>
              {t("Picture")}
            </button>
          </div>
          {detail.has_footage ? null : (
            <p class="hint">{ways.length ? t("Its footage lies at {places}: see below.", { places: placesOf(ways) }) : t("There is no footage of this time: a gap, or older than what is kept.")}</p>
          )}
          <Trouble error={failed} />
          <div class="row">
            <button class="button" type="button" aria-pressed={detail.kept} disabled={!may("decide") || !detail.has_footage} onClick={() => void keep()}>
              <icons.Pin size={18} /> {detail.kept ? t("Kept for good") : t("Keep")}
            </button>
            <button class="button" type="button" aria-pressed={event.false_alarm} disabled={!may("decide")} onClick={() => void judge()}>
              {event.false_alarm ? t("Was a false alarm") : t("False alarm")}
            </button>
            {detail.has_footage ? (
              <a class="button" download href={at.footage(event.camera, event.clip_start_us, end_us, "main", true)}>
                <icons.Down size={18} /> {t("Download")}
              </a>
            ) : null}
          </div>
          {detail.has_footage ? <HandOver camera={event.camera} start_us={event.clip_start_us} end_us={end_us} /> : null}
          <a class="link" href={`/timeline?at=${event.start_us}&cameras=${event.camera}`}>
            {t("Open in the timeline")}
          </a>
        </div>
        {ways.length ? <ElsewherePanel ways={ways} part={detail.has_footage} /> : null}
      </div>
      {isOwner.value ? <SuggestionsPanel event={event} key={`${id}${event.false_alarm}`} /> : null}
      {event.kind === "sensor" ? <Burst id={id} version={event.end_us} /> : null}
      {others.length ? (
        <section class="others">
          <h2>{t("Also at {camera}", { camera: cameraName(event.camera) })}</h2>
          <ul class="cards">
            {others.map((each) => (
              <li key={each.id}>
                <Card event={each} />
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}
