/** What false alarms teach: a proposal on the picture, and the button that writes it into the configuration. */

import { useState } from "preact/hooks";
import type { HouseEvent, Rect } from "../api";
import { Trouble, useLoaded } from "../parts/bits";
import { EventPicture } from "../parts/EventPicture";
import * as icons from "../parts/icons";
import { cameraName } from "../store";
import { plural, rich, t } from "../words";
import { review, type Suggestion } from "./api";
import { words } from "./words";

export function SuggestionsPanel({ event }: { event: HouseEvent }) {
  const [done, setDone] = useState<Suggestion | null>(null);
  const [found, error] = useLoaded(() => (event.false_alarm ? review.suggestions(event.id) : Promise.resolve(null)), [event.id, event.false_alarm]);
  const [chosen, choose] = useState(0);
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  if (!event.false_alarm) return null;
  if (done) {
    return (
      <section class="panel suggestion is-done" role="status">
        <h2>{t("Written into the configuration")}</h2>
        <p class="dim">
          {rich("{camera} goes by it from now on. It stands in {section} and can be taken back there.", {
            camera: cameraName(event.camera),
            section: (
              <code>
                [camera.{event.camera}.{done.kind === "mask" ? "motion" : `labels.${done.label}`}]
              </code>
            ),
          })}
        </p>
      </section>
    );
  }
  const one = found?.suggestions[chosen] ?? found?.suggestions[0];
  if (!found || !one) {
    return found ? <p class="hint">{t("Noted. When several false alarms have something in common, a way to keep them away is proposed here.")}</p> : <Trouble error={error} />;
  }
  const accept = (): void => {
    setBusy(true);
    setFailed(null);
    review
      .accept(event.id, one)
      .then(setDone, setFailed)
      .finally(() => setBusy(false));
  };
  const { title, text, button } = words(one);
  return (
    <section class="panel suggestion" aria-label={t("Suggestion")}>
      <div class="suggestion-picture">
        <EventPicture event={event} />
        <Overlay one={one} boxes={found.boxes} />
      </div>
      <div class="suggestion-text">
        <h2>{title}</h2>
        <p>{text}</p>
        {one.also ? <p class="warm">{plural(one.also, "It would also have kept away {n} other event nobody has judged yet.", "It would also have kept away {n} other events nobody has judged yet.")}</p> : <p class="dim">{t("Nobody who was seen and let stand would have been missed.")}</p>}
        <div class="row">
          <button class="button is-main" type="button" disabled={busy} onClick={accept}>
            <icons.Shield size={18} /> {button}
          </button>
        </div>
        {found.suggestions.length > 1 ? (
          <div class="chips" role="group" aria-label={t("Other ways")}>
            <span class="dim or">{t("Or:")}</span>
            {found.suggestions.map((each, number) =>
              each === one ? null : (
                <button key={each.kind} class="chip" type="button" onClick={() => choose(number)}>
                  {words(each).button}
                </button>
              ),
            )}
          </div>
        ) : null}
        <Trouble error={failed} />
      </div>
    </section>
  );
}

const rect = (box: Rect) => ({ x: box.x0 * 100, y: box.y0 * 100, width: (box.x1 - box.x0) * 100, height: (box.y1 - box.y0) * 100 });

/** Where the false alarms were, and what would not be looked at any more. */
function Overlay({ one, boxes }: { one: Suggestion; boxes: readonly Rect[] }) {
  const side = Math.sqrt(one.value) * 100;
  return (
    <svg class="suggestion-overlay" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label={t("Where {n} false alarms were", { n: boxes.length })}>
      {one.region ? <rect class="suggestion-region" {...rect(one.region)} /> : null}
      {boxes.map((box, number) => (
        <rect key={number} class="suggestion-box" {...rect(box)} />
      ))}
      {one.kind === "min-area" ? <rect class="suggestion-region is-size" x={50 - side / 2} y={50 - side / 2} width={side} height={side} /> : null}
    </svg>
  );
}
