/** What to look for among the events; every choice stands in the page's address. */

import { useEffect, useRef, useState } from "preact/hooks";
import { capital, labelName } from "../format";
import { Chips, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameras } from "../store";
import { t } from "../words";
import { review } from "./api";
import { type Choice, KINDS, moreChosen, SEEN } from "./choice";

const TYPING_MS = 250;

interface Props {
  choice: Choice;
  query: URLSearchParams;
  onPick: (changes: Record<string, string>) => void;
}

export function Search({ choice, onPick }: Omit<Props, "query">) {
  const [text, setText] = useState(choice.search);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (document.activeElement !== field.current) setText(choice.search);
  }, [choice.search]);
  useEffect(() => {
    if (text === choice.search) return;
    const timer = setTimeout(() => onPick({ search: text.trim() }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="find-box">
      <icons.Search size={17} />
      <input
        ref={field}
        type="search"
        name="search"
        aria-label={t("Search: camera, what, zone or note")}
        placeholder={t("Search")}
        maxLength={200}
        value={text}
        onInput={(input) => setText(input.currentTarget.value)}
        onKeyDown={(key) => key.key === "Escape" && (setText(""), field.current?.blur())}
      />
    </label>
  );
}

export function Filters({ choice, query, onPick }: Props) {
  const [open, setOpen] = useState(moreChosen(query) > 0);
  const [there] = useLoaded(() => review.choices(), []);
  const labels = there?.labels ?? [];
  const zones = there?.zones ?? [];
  return (
    <div class="event-filters">
      <div class="filters">
        {cameras.value.length > 1 ? (
          <Chips name={t("Camera")} value={choice.camera} all={[["", t("All cameras")], ...cameras.value.map((each) => [each.id, each.name] as const)]} onPick={(value) => onPick({ camera: value })} />
        ) : null}
        {labels.length > 1 || choice.label ? (
          <Chips name={t("What")} value={choice.label} all={[["", t("Everything")], ...labels.map((each) => [each, labelName("object", each)] as const)]} onPick={(value) => onPick({ label: value })} />
        ) : null}
        <div class="chips" role="group" aria-label={t("Seen")}>
          {SEEN.map(([key, text]) => (
            <button key={key} type="button" class="chip" aria-pressed={choice.seen === key} onClick={() => onPick({ seen: key })}>
              {t(text)}
            </button>
          ))}
          <button type="button" class="chip is-more" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t("More")}
            {moreChosen(query) ? ` (${moreChosen(query)})` : ""}
          </button>
        </div>
      </div>
      {open ? (
        <div class="more-filters">
          <label>
            {t("Zone")}
            <select value={choice.zone} onChange={(change) => onPick({ zone: change.currentTarget.value })}>
              <option value="">{t("Anywhere")}</option>
              {[...new Set([...zones, ...(choice.zone ? [choice.zone] : [])])].map((zone) => (
                <option key={zone} value={zone}>
                  {capital(zone)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("Kind")}
            <select value={choice.kind} onChange={(change) => onPick({ kind: change.currentTarget.value })}>
              <option value="">{t("Every kind")}</option>
              {KINDS.map(([key, text]) => (
                <option key={key} value={key}>
                  {t(text)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("From")}
            <input type="datetime-local" value={query.get("from") ?? ""} onChange={(change) => onPick({ from: change.currentTarget.value, day: "" })} />
          </label>
          <label>
            {t("Until")}
            <input type="datetime-local" value={query.get("to") ?? ""} onChange={(change) => onPick({ to: change.currentTarget.value, day: "" })} />
          </label>
        </div>
      ) : null}
    </div>
  );
}
