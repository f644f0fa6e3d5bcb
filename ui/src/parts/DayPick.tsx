/** Picking a day, or none. */

import { dayName } from "../format";
import { now_us } from "../store";
import { t } from "../words";

export const toDay = (text: string | null): number | null => {
  if (!text) return null;
  const parsed = new Date(`${text}T00:00:00`).getTime();
  return Number.isFinite(parsed) ? parsed * 1000 : null;
};
export const toText = (day_us: number): string => {
  const day = new Date(day_us / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
};

export function DayPick({ day_us, onPick }: { day_us: number | null; onPick: (day: string) => void }) {
  return (
    <>
      {day_us === null ? null : (
        <button class="button is-plain" type="button" onClick={() => onPick("")}>
          {t("All days")}
        </button>
      )}
      <label class={`day ${day_us === null ? "is-any" : ""}`}>
        <span aria-hidden="true">{day_us === null ? t("Pick a day") : dayName(day_us, now_us.value)}</span>
        <input
          type="date"
          aria-label={t("Day")}
          max={toText(now_us.value)}
          value={day_us === null ? "" : toText(day_us)}
          onClick={(event) => event.currentTarget.showPicker?.()}
          onInput={(event) => onPick(event.currentTarget.value)}
        />
      </label>
    </>
  );
}
