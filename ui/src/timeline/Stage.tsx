/** The pictures of the cameras that are played, side by side. */

import { useEffect, useRef } from "preact/hooks";
import { gapCause } from "../format";
import { spanAt } from "../parts/Elsewhere";
import { t } from "../words";
import { listed } from "../words/figures";
import { told } from "../words/told";
import type { Lane } from "./api";
import type { Now, Playback } from "./playback";
import { Thumb } from "./Thumb";

interface Props {
  playback: Playback;
  now: Now;
  cameras: { id: string; name: string }[];
  lanes: readonly Lane[];
  scrubbing: boolean;
}

export function Stage({ playback, now, cameras, lanes, scrubbing }: Props) {
  return (
    <div class={`tl-stage has-${Math.min(4, cameras.length)}`}>
      {cameras.map((each) => (
        <Screen key={each.id} camera={each.id} name={each.name} playback={playback} now={now} lane={lanes.find((one) => one.camera === each.id)} scrubbing={scrubbing} />
      ))}
    </div>
  );
}

function Screen({ camera, name, playback, now, lane, scrubbing }: { camera: string; name: string; playback: Playback; now: Now; lane: Lane | undefined; scrubbing: boolean }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) playback.attach(camera, video.current);
    return () => playback.detach(camera);
  }, [playback, camera]);
  const shown = now.shown.get(camera) ?? "waiting";
  const gap = shown === "gap" ? lane?.gaps.find((each) => each.start_us <= now.at_us && now.at_us < (each.end_us ?? Infinity)) : undefined;
  const away = shown === "gap" && lane ? spanAt(lane.elsewhere, now.at_us) : undefined;
  const why = playback.why(camera);
  return (
    <figure class={`tl-screen is-${shown}`} data-at={playback.shownAt(camera)} data-clock={Math.round(now.at_us)}>
      <video ref={video} class="tl-video" data-camera={camera} muted playsInline aria-label={name} />
      {scrubbing || shown === "unplayable" ? <Thumb camera={camera} at_us={now.at_us} name={name} class="is-cover" /> : null}
      {shown === "gap" && !scrubbing ? (
        <p class="tl-no">
          {gap ? gapCause(gap.reason) : away ? t("Only at {places}", { places: listed(away.targets) }) : t("No footage is kept of this time")}
          {gap?.detail ? <span class="dim">{told(gap.detail)}</span> : away ? <a href={`/cameras/${camera}?at=${Math.round(now.at_us)}`}>{t("How to watch it")}</a> : null}
        </p>
      ) : null}
      {shown === "unplayable" ? <p class="tl-unplayable">
          {why} {t("These are small pictures of it; an export has the whole video.")}
        </p> : null}
      {shown === "picture" && !scrubbing && playback.isHarmed(camera, now.at_us) ? (
        <p class="tl-harmed" role="status">
          {t("Damaged: the file of this time is not what was recorded any more.")}
        </p>
      ) : null}
      {shown === "waiting" && !scrubbing ? <span class="tl-waiting" role="status" aria-label={t("Loading")} /> : null}
      <figcaption>{name}</figcaption>
    </figure>
  );
}
