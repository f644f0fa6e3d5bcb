/** Cameras and their health: state, numbers, drops, outages. */

import type { Camera, Outage } from "../api";
import { doors, type Report } from "../doors/api";
import { Score } from "../doors/Score";
import { ago, bytes, codecName, faultName, fits, going, isWell, lasted, moment, stateName } from "../format";
import { Dot } from "../live/Tile";
import { Empty, Head, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Removed } from "../setup/CameraFate";
import { cameraName, cameras, house, isOwner, loaded, now_us, outages } from "../store";
import { t } from "../words";
import { figure } from "../words/figures";
import { told } from "../words/told";

export const dropped = (camera: Camera): number => camera.streams.flatMap((stream) => stream.boxes).reduce((sum, box) => sum + box.dropped, 0);

export function CamerasPage() {
  const minute = Math.floor(now_us.value / 60e6);
  const [reports] = useLoaded(() => (isOwner.value ? doors.reports() : Promise.resolve([])), [minute, isOwner.value]);
  const now = now_us.value;
  const h = house.value;
  const open = outages.value.filter((outage) => outage.end_us === null && !(outage.fault === "detector-basic" && h?.detector.basic));
  const over = outages.value.filter((outage) => outage.end_us !== null);
  return (
    <div class="page">
      <Head title={t("Cameras")}>
        {isOwner.value ? (
          <a class="button" href="/cameras/add">
            {t("Add a camera")}
          </a>
        ) : null}
      </Head>
      <Removed />
      {h ? (
        <dl class="tiles">
          <div>
            <dt>{t("Footage kept")}</dt>
            <dd>{bytes(h.footage_used_bytes)}</dd>
          </div>
          <div>
            <dt>{t("Free")}</dt>
            <dd>{bytes(h.footage_free_bytes)}</dd>
          </div>
          <div>
            <dt>{t("Room for")}</dt>
            <dd>{h.days_fit === null ? "–" : fits(h.days_fit)}</dd>
          </div>
          <div>
            <dt>{t("Running for")}</dt>
            <dd>{lasted(now - h.started_us)}</dd>
          </div>
        </dl>
      ) : null}
      {open.length || h?.detector.basic ? (
        <section>
          <h2>{t("Needs attention")}</h2>
          <ul class="list">
            {h?.detector.basic ? <BasicDetector /> : null}
            {open.map((outage) => (
              <OutageRow key={`${outage.fault}${outage.subject}`} outage={outage} />
            ))}
          </ul>
        </section>
      ) : null}
      <section>
        <h2>{t("Health")}</h2>
        {loaded.value && !cameras.value.length ? (
          <Empty icon={<icons.Camera size={40} />} title={t("No camera yet")}>
            {isOwner.value ? <a href="/cameras/add">{t("Look for the cameras in your home")}</a> : t("The owner of the house can add one.")}
          </Empty>
        ) : null}
        <ul class="list">
          {cameras.value.map((camera) => (
            <CameraRow key={camera.id} camera={camera} now={now} report={reports?.find((report) => report.camera === camera.id)} />
          ))}
        </ul>
      </section>
      {over.length ? (
        <section>
          <h2>{t("Over, this week")}</h2>
          <ul class="list">
            {over.map((outage) => (
              <OutageRow key={`${outage.fault}${outage.subject}${outage.start_us}`} outage={outage} />
            ))}
          </ul>
        </section>
      ) : null}
    </div>
  );
}

function BasicDetector() {
  return (
    <li class="outage">
      <span class="dot is-notice" aria-hidden="true" />
      <span>
        <strong>{t("Basic detector: people only")}</strong>
        <span class="dim">{t("The detection model also knows cars, dogs and cats, and misses fewer people.")}</span>
      </span>
      <a class="button outage-do" href="/settings">
        {t("Get the model")}
      </a>
    </li>
  );
}

function CameraRow({ camera, now, report }: { camera: Camera; now: number; report: Report | undefined }) {
  const drops = dropped(camera);
  return (
    <li>
      <a class="camera-row" href={`/cameras/${camera.id}`}>
        <span class="camera-name">
          <Dot state={camera.state} />
          <span>
            <strong>{camera.name}</strong>
            <span class={isWell(camera.state) ? "dim" : "bad"}>
              {stateName(camera.state)} {camera.state === "live" ? going(now - camera.since_us) : t("since {time}", { time: moment(camera.since_us, now) })}
            </span>
          </span>
        </span>
        <span class="camera-streams">
          {camera.state === "live" ? (
            camera.streams.map((stream) => (
              <span key={stream.stream} class="stream-line">
                <span class="tag">{stream.stream}</span>
                {stream.codec === null ? t("no picture yet") : `${codecName(stream.codec)} · ${stream.width_px} × ${stream.height_px} · ${t("{n} fps", { n: figure(stream.fps, 1) })} · ${t("{n} kbit/s", { n: figure(stream.kbit_per_s) })}`}
              </span>
            ))
          ) : (
            <span class="dim">{told(camera.cause)}</span>
          )}
        </span>
        <span class="camera-facts">
          <span>
            <small>{t("Last packet")}</small>
            {camera.streams[0]?.last_us ? ago(camera.streams[0].last_us, now) : t("never")}
          </span>
          <span>
            <small>{t("Dropped")}</small>
            <span class={drops ? "warm" : ""}>{figure(drops)}</span>
          </span>
          <span>
            <small>{t("Kept")}</small>
            {camera.kept_from_us === null ? "–" : lasted(now - camera.kept_from_us)}
          </span>
          {isOwner.value ? (
            <span class="camera-score">{report ? <Score score={report.score} size={38} /> : null}</span>
          ) : null}
        </span>
        <icons.Next size={18} />
      </a>
    </li>
  );
}

export function OutageRow({ outage }: { outage: Outage }) {
  const now = now_us.value;
  const open = outage.end_us === null;
  return (
    <li class="outage">
      <span class={`dot ${open ? "is-lost" : "is-over"}`} aria-hidden="true" />
      <span>
        <strong>
          {faultName(outage.fault)}
          {outage.camera ? `: ${cameraName(outage.camera)}` : ""}
        </strong>
        <span class="dim">{told(outage.detail)}</span>
      </span>
      <span class="dim outage-when">
        {moment(outage.start_us, now)}
        <br />
        {open ? going(now - outage.start_us) : t("lasted {time}", { time: lasted((outage.end_us ?? now) - outage.start_us) })}
      </span>
    </li>
  );
}
