/** One editor for each kind of value. */

import { useEffect, useRef, useState } from "preact/hooks";
import { seen } from "../labels";
import * as icons from "../parts/icons";
import { t } from "../words";
import type { KeyInfo, Value } from "./api";
import { fromPercent, shownValue, titleOf, toPercent, unitOf } from "./model";

interface Props {
  id: string;
  info: KeyInfo;
  value: Value;
  label: string;
  describedBy: string;
  wrong: boolean;
  /** What may be picked in a list of names, where that is known. */
  suggestions: readonly string[];
  /** Where a drawing is drawn. */
  drawAt: string | null;
  onChange: (value: Value) => void;
}

export function Editor(props: Props) {
  switch (props.info.kind) {
    case "switch":
      return <Switch {...props} />;
    case "whole":
    case "number":
      return <Amount {...props} />;
    case "choice":
      return <Choice {...props} />;
    case "choices":
      return <Choices {...props} all={props.info.choices} />;
    case "texts":
      return <Texts {...props} />;
    case "polygon":
    case "polygons":
      return (
        <span class="set-drawn">
          {shownValue(props.value, props.info)}
          {props.drawAt ? (
            <a class="button is-small" href={props.drawAt}>
              {t("Draw on the picture")}
            </a>
          ) : null}
        </span>
      );
    default:
      return <Text {...props} />;
  }
}

export function Switch({ id, value, label, describedBy, onChange }: Pick<Props, "id" | "value" | "label" | "describedBy" | "onChange">) {
  return (
    <button id={id} class="switch" type="button" role="switch" aria-checked={value === true} aria-label={label} aria-describedby={describedBy} onClick={() => onChange(value !== true)}>
      <span class="switch-knob" />
    </button>
  );
}

/** What is typed is kept as it is until it is a number. */
function Amount({ id, info, value, label, describedBy, wrong, onChange }: Props) {
  const percent = unitOf(info.name) === "%";
  const shown = typeof value === "number" ? String(percent ? toPercent(value) : value) : "";
  const [text, setText] = useState(shown);
  const sent = useRef(shown);
  useEffect(() => {
    if (shown !== sent.current) setText(shown);
    sent.current = shown;
  }, [shown]);
  const type = (typed: string): void => {
    setText(typed);
    if (typed.trim() === "") {
      if (info.default === null && !info.is_needed) onChange(null);
      return;
    }
    const number = Number(typed.replace(",", "."));
    if (!Number.isFinite(number)) return;
    const next = percent ? fromPercent(number) : number;
    sent.current = String(number);
    onChange(next);
  };
  return (
    <span class="set-amount">
      <input
        id={id}
        type="text"
        inputMode={info.kind === "whole" ? "numeric" : "decimal"}
        value={text}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={wrong || (text.trim() !== "" && !Number.isFinite(Number(text.replace(",", "."))))}
        placeholder={info.default === null ? t("as usual") : ""}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={() => setText(shown)}
      />
      <span class="dim">{unitOf(info.name)}</span>
    </span>
  );
}

function Text({ id, info, value, label, describedBy, wrong, suggestions, onChange }: Props) {
  return (
    <>
      <input
        id={id}
        class="set-text"
        type="text"
        autocomplete="off"
        spellcheck={false}
        list={suggestions.length ? `${id}-known` : undefined}
        value={typeof value === "string" ? value : ""}
        aria-label={label}
        aria-describedby={describedBy}
        aria-invalid={wrong}
        placeholder={typeof info.default === "string" && info.default ? info.default : t("empty")}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {suggestions.length ? (
        <datalist id={`${id}-known`}>
          {suggestions.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      ) : null}
    </>
  );
}

const word = (choice: string): string => (choice === "" ? t("none") : choice);

function Choice({ id, info, value, label, describedBy, onChange }: Props) {
  if (info.choices.length <= 4 && info.choices.join("").length <= 26) {
    return (
      <div class="segmented is-set" role="group" aria-label={label} aria-describedby={describedBy} id={id}>
        {info.choices.map((each) => (
          <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
            {word(each)}
          </button>
        ))}
      </div>
    );
  }
  return (
    <select id={id} value={typeof value === "string" ? value : ""} aria-label={label} aria-describedby={describedBy} onChange={(event) => onChange(event.currentTarget.value)}>
      {typeof value === "string" ? null : <option value="">{t("choose…")}</option>}
      {info.choices.map((each) => (
        <option key={each} value={each}>
          {word(each)}
        </option>
      ))}
    </select>
  );
}

export function Choices({ id, value, label, describedBy, all, onChange }: Pick<Props, "id" | "value" | "label" | "describedBy" | "onChange"> & { all: readonly string[] }) {
  const picked = Array.isArray(value) ? value.map(String) : [];
  return (
    <div class="chips is-set" role="group" aria-label={label} aria-describedby={describedBy} id={id}>
      {[...new Set([...all, ...picked])].map((each) => (
        <button key={each} type="button" class="chip" aria-pressed={picked.includes(each)} onClick={() => onChange(picked.includes(each) ? picked.filter((one) => one !== each) : [...all, ...picked].filter((one, at, list) => (picked.includes(one) || one === each) && list.indexOf(one) === at))}>
          {seen(each)}
        </button>
      ))}
    </div>
  );
}

function Texts({ id, info, value, label, describedBy, wrong, suggestions, onChange }: Props) {
  const [text, setText] = useState("");
  const list = Array.isArray(value) ? value.map(String) : [];
  const add = (): void => {
    const found = text
      .split(/[,\n]/)
      .map((each) => each.trim())
      .filter((each) => each && !list.includes(each));
    if (found.length) onChange([...list, ...found]);
    setText("");
  };
  return (
    <div class="set-list" id={id} role="group" aria-label={label} aria-describedby={describedBy}>
      {list.map((each) => (
        <span class="set-item" key={each}>
          {each}
          <button type="button" aria-label={t("Take {name} out", { name: each })} onClick={() => onChange(list.filter((one) => one !== each))}>
            <icons.Close size={14} />
          </button>
        </span>
      ))}
      <span class="set-add">
        <input
          type="text"
          autocomplete="off"
          spellcheck={false}
          value={text}
          list={suggestions.length ? `${id}-known` : undefined}
          aria-label={t("Add to {list}", { list: titleOf(info.name) })}
          aria-invalid={wrong}
          placeholder={list.length ? t("add") : t("none; add")}
          onInput={(event) => setText(event.currentTarget.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              add();
            }
          }}
        />
        {suggestions.length ? (
          <datalist id={`${id}-known`}>
            {suggestions
              .filter((each) => !list.includes(each))
              .map((each) => (
                <option key={each} value={each} />
              ))}
          </datalist>
        ) : null}
      </span>
    </div>
  );
}
