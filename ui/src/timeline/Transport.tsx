/** The knobs of playback. Each says its key. */

import type { ComponentChildren } from "preact";
import { clockSeconds, dayName } from "../format";
import { t } from "../words";
import { RATES, SOUND_RATE } from "./axis";
import type { Now } from "./playback";

interface Props {
  now: Now;
  now_us: number;
  hasSound: boolean;
  sound: boolean;
  onPlay: () => void;
  onJump: (by_us: number) => void;
  onStep: (way: 1 | -1) => void;
  onEvent: (way: 1 | -1) => void;
  onRate: (rate: number) => void;
  onSound: (on: boolean) => void;
}

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    {children}
  </svg>
);
const Play = () => <Icon>{<path d="M8 5.500v13l11-6.500z" fill="currentColor" />}</Icon>;
const Pause = () => <Icon>{<path d="M8.500 6v12M15.500 6v12" stroke-width="2.600" />}</Icon>;
const Frame = ({ way }: { way: 1 | -1 }) => (
  <Icon>
    <path d={way === 1 ? "M7 7l6 5-6 5zM17 7v10" : "M17 7l-6 5 6 5zM7 7v10"} />
  </Icon>
);
const EventIcon = ({ way }: { way: 1 | -1 }) => (
  <Icon>
    <path d={way === 1 ? "M4.500 7v10l6.500-5zM11 7v10l6.500-5zM19.500 7v10" : "M19.500 7v10L13 12zM13 7v10l-6.500-5zM4.500 7v10"} />
  </Icon>
);

const rateName = (rate: number): string => ({ 0.25: "¼×", 0.5: "½×" })[rate] ?? `${rate}×`;

export function Transport({ now, now_us, hasSound, sound, onPlay, onJump, onStep, onEvent, onRate, onSound }: Props) {
  return (
    <div class="tl-transport" role="group" aria-label={t("Playback")}>
      <span class="tl-knobs">
        <button type="button" class="tl-knob" aria-label={t("The event before")} title={t("The event before (p)")} onClick={() => onEvent(-1)}>
          <EventIcon way={-1} />
        </button>
        <button type="button" class="tl-knob is-text" aria-label={t("10 seconds back")} title={t("10 seconds back (←)")} onClick={() => onJump(-10e6)}>
          −10
        </button>
        <button type="button" class="tl-knob" aria-label={t("One picture back")} title={t("One picture back (,)")} onClick={() => onStep(-1)}>
          <Frame way={-1} />
        </button>
        <button type="button" class="tl-knob is-main" aria-label={now.playing ? t("Pause") : t("Play")} title={now.playing ? t("Pause (space)") : t("Play (space)")} onClick={onPlay}>
          {now.playing ? <Pause /> : <Play />}
        </button>
        <button type="button" class="tl-knob" aria-label={t("One picture on")} title={t("One picture on (.)")} onClick={() => onStep(1)}>
          <Frame way={1} />
        </button>
        <button type="button" class="tl-knob is-text" aria-label={t("10 seconds on")} title={t("10 seconds on (→)")} onClick={() => onJump(10e6)}>
          +10
        </button>
        <button type="button" class="tl-knob" aria-label={t("The next event")} title={t("The next event (n)")} onClick={() => onEvent(1)}>
          <EventIcon way={1} />
        </button>
      </span>
      <output class="tl-time">
        <strong>{clockSeconds(now.at_us)}</strong> <span class="dim">{dayName(now.at_us, now_us)}</span>
      </output>
      <span class="tl-more">
        {hasSound ? (
          <button type="button" class="chip" aria-pressed={sound && now.rate <= SOUND_RATE} disabled={now.rate > SOUND_RATE} title={now.rate > SOUND_RATE ? t("There is no sound above 2×") : ""} onClick={() => onSound(!sound)}>
            {t("Sound")}
          </button>
        ) : null}
        <label class="tl-rate">
          <span class="sr">{t("Speed")}</span>
          <select class="may" value={String(now.rate)} title={t("Slower (j), faster (l)")} onChange={(event) => onRate(Number(event.currentTarget.value))}>
            {RATES.map((each) => (
              <option key={each} value={String(each)}>
                {rateName(each)}
              </option>
            ))}
          </select>
        </label>
      </span>
    </div>
  );
}
