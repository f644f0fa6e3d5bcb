/** A camera's score as a ring. */

import { t } from "../words";
import { scoreTone } from "./grades";

const AROUND = 2 * Math.PI * 20;

export function Score({ score, size = 56 }: { score: number | null; size?: number }) {
  return (
    <span class={`score is-${scoreTone(score)}`} role="img" aria-label={score === null ? t("No score") : t("{score} of 100", { score })} style={{ width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.34)}px` }}>
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <circle cx="24" cy="24" r="20" class="score-track" />
        {score === null ? null : <circle cx="24" cy="24" r="20" class="score-bar" stroke-dasharray={`${(AROUND * Math.max(score, 2)) / 100} ${AROUND}`} />}
      </svg>
      <b>{score ?? "–"}</b>
    </span>
  );
}
