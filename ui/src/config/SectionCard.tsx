/** One section of the settings: its keys with their editors, and how sections with a name come and go. */

import { useState } from "preact/hooks";
import { Rich } from "../parts/Rich";
import { seen } from "../labels";
import * as icons from "../parts/icons";
import { cameraName, house } from "../store";
import { said, t } from "../words";
import { told } from "../words/told";
import type { Change, Config, KeyInfo, Mistake, Section, Value } from "./api";
import { Editor } from "./Editors";
import { helped } from "./help";
import { dotted, type Group, idOf, infoOf, mistakesAt, type Pending, sectionTitle, shownValue, titleOf } from "./model";

interface Shared {
  config: Config;
  pending: Pending;
  mistakes: readonly Mistake[];
  onChange: (path: readonly string[], value: Value) => void;
  onForget: (path: readonly string[]) => void;
  onRemove: (path: readonly string[], value: Change["value"]) => void;
}

const WHENS: Record<Exclude<KeyInfo["when"], "live">, string> = {
  restart: said("counts after a restart of Hearthwatch"),
  "restart of the looker": said("restart of the looker"),
  "restart of the camera": said("restart of the camera"),
};

/** `only` are the keys that are shown; `where` says on which page they stand, where that is not plain. */
export function SectionCard({ section, only, where, open = true, ...shared }: Shared & { section: Section; only?: readonly KeyInfo[]; where: string; open?: boolean }) {
  const info = infoOf(shared.config, section);
  if (!info) return null;
  const named = section.pattern.at(-1) === "NAME";
  const mistakes = shared.mistakes.filter((mistake) => mistake.key === dotted(section.path));
  const wrongInside = shared.mistakes.some((mistake) => mistake.key.startsWith(`${dotted(section.path)}.`) && info.keys.some((key) => mistakesAt([...section.path, key.name], [mistake]).length));
  const changedHere = [...shared.pending.values()].some((change) => idOf(change.path.slice(0, -1)) === idOf(section.path));
  return (
    <details class="panel set-card" open={open || only !== undefined || wrongInside || changedHere}>
      <summary>
        <span class="set-card-title">
          {where ? <span class="dim">{where} · </span> : null}
          {sectionTitle(section)}
        </span>
        {Object.values(section.values).some((value) => value.source === "file") ? <span class="set-own">{t("changed from default")}</span> : null}
        <code class="set-code">[{dotted(section.path)}]</code>
      </summary>
      {info.doc && !only ? (
        <p class="dim set-doc">
          <Rich text={helped(info.doc)} />
        </p>
      ) : null}
      {mistakes.map((mistake) => (
        <p class="set-wrong" role="alert" key={mistake.text}>
          {told(mistake.text)}
        </p>
      ))}
      {(only ?? info.keys).map((key) => (
        <KeyRow key={key.name} info={key} section={section} {...shared} />
      ))}
      {named && !only ? <RemoveNamed section={section} {...shared} /> : null}
    </details>
  );
}

function KeyRow({ info, section, config, pending, mistakes, onChange, onForget }: Shared & { info: KeyInfo; section: Section }) {
  const path = [...section.path, info.name];
  const id = `set-${path.join("-")}`;
  const now = section.values[info.name];
  const change = pending.get(idOf(path));
  const inherited = section.path[0] === "camera" ? config.sections.find((each) => idOf(each.path) === idOf(["camera_defaults", ...section.path.slice(2)]))?.values[info.name] : undefined;
  const fallback = inherited?.source === "file" ? inherited.value : info.default;
  const value = change ? (change.value === null ? fallback : change.value) : (now?.value ?? info.default);
  const wrong = mistakesAt(path, mistakes);
  const isOwn = change ? change.value !== null : now?.source === "file";
  return (
    <div class={`set-row ${change ? "is-changed" : ""} ${wrong.length ? "is-wrong" : ""}`}>
      <div class="set-what">
        <label class="set-title" for={id}>
          {titleOf(info.name)}
          {isOwn ? <i class="set-dot" title={t("Changed from default")} /> : null}
        </label>
        <p class="set-doc dim" id={`${id}-doc`}>
          <Rich text={helped(info.doc)} />{" "}
          <span class="set-small">
            <code>{info.name}</code>
            {isOwn && !info.is_needed ? ` · ${t("default {value}", { value: shownValue(fallback, info) })}` : ""}
            {info.when === "live" ? "" : ` · ${t(WHENS[info.when])}`}
            {!change && now?.source === "camera_defaults" ? ` · ${t("from All cameras")}` : ""}
          </span>
        </p>
        {wrong.map((mistake) => (
          <p class="set-wrong" role="alert" key={mistake.key + mistake.text}>
            {told(mistake.text)}
          </p>
        ))}
      </div>
      <div class="set-value">
        <Editor
          id={id}
          info={info}
          value={value}
          label={titleOf(info.name)}
          describedBy={`${id}-doc`}
          wrong={wrong.length > 0}
          suggestions={suggestionsFor(config, path)}
          drawAt={section.path[0] === "camera" ? `/cameras/${encodeURIComponent(section.path[1] ?? "")}/zones` : null}
          onChange={(next) => onChange(path, next)}
        />
        {change ? (
          <button class="button is-plain is-round is-small" type="button" aria-label={t("Undo the change of {setting}", { setting: titleOf(info.name) })} title={t("Undo")} onClick={() => onForget(path)}>
            <icons.Again size={16} />
          </button>
        ) : isOwn && !info.is_needed ? (
          <button class="button is-plain is-round is-small" type="button" aria-label={t("{setting} back to default", { setting: titleOf(info.name) })} title={t("Back to {value}", { value: shownValue(fallback, info) })} onClick={() => onChange(path, null)}>
            <icons.Close size={16} />
          </button>
        ) : null}
      </div>
    </div>
  );
}

/** Names a list may hold, where the house knows them. */
function suggestionsFor(config: Config, path: readonly string[]): string[] {
  const last = path.at(-1);
  const named = (pattern: string): string[] => [...new Set(config.sections.filter((section) => section.pattern.join(".") === pattern).map((section) => section.path.at(-1) ?? ""))];
  const labels = [...new Set([...named("camera.NAME.labels.NAME"), ...named("camera_defaults.labels.NAME"), ...(house.value?.detector.labels ?? [])])];
  if (last === "labels") return path[0] === "camera" && path[2] === "zones" ? config.sections.filter((section) => section.path[1] === path[1] && section.pattern.join(".") === "camera.NAME.labels.NAME").map((section) => section.path[3] ?? "") : [...labels, "motion", "doorbell"];
  if (last === "zones") return path[0] === "camera" ? config.sections.filter((section) => section.path[1] === path[1] && section.pattern.join(".") === "camera.NAME.zones.NAME").map((section) => section.path[3] ?? "") : named("camera.NAME.zones.NAME");
  if (last === "cameras" || last === "camera") return named("camera.NAME");
  return [];
}

function RemoveNamed({ section, onRemove }: Shared & { section: Section }) {
  const kind = section.pattern.at(-2) ?? "";
  const isLabel = kind === "labels";
  const inherits = section.path[0] === "camera" && (isLabel || kind === "zones");
  const words = kind === "camera" ? t("Take this camera out") : isLabel ? t("Do not look for {label}", { label: seen(section.path.at(-1) ?? "") }) : t("Take it out");
  const own = Object.values(section.values).some((value) => value.source === "file");
  return (
    <p class="set-remove">
      <button class="button is-plain" type="button" onClick={() => onRemove(section.path, inherits && (isLabel || !own) ? false : null)}>
        {words}
      </button>
    </p>
  );
}

export function Gone({ sections, titleOf: called, onForget }: { sections: readonly Section[]; titleOf: (section: Section) => string; onForget: (path: readonly string[]) => void }) {
  const roots = sections.filter((section) => !sections.some((other) => other.path.length < section.path.length && other.path.every((part, at) => part === section.path[at])));
  return (
    <ul class="set-gone">
      {roots.map((section) => (
        <li key={section.path.join(".")}>
          <span>{t("{section} goes when you save", { section: called(section) })}</span>
          <button class="button is-plain" type="button" onClick={() => onForget(section.path)}>
            {t("Undo")}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface Addition {
  pattern: string;
  words: string;
  what: string;
  hint: string;
  /** What has to be said at once, so that the section is one. */
  first: (name: string) => [string, Value][];
}

const ADDITIONS: Record<string, Addition[]> = {
  camera: [
    { pattern: "camera.NAME.labels.NAME", words: said("Look for something more"), what: said("Label"), hint: said("as bus, bicycle, bird"), first: () => [["", true]] },
  ],
  camera_defaults: [{ pattern: "camera_defaults.labels.NAME", words: said("Look for something more"), what: said("Label"), hint: said("as bus, bicycle, bird"), first: () => [["", true]] }],
  house: [{ pattern: "camera.NAME", words: said("Add a camera by hand"), what: said("Short name of the camera"), hint: said("small letters, digits and -"), first: () => [["main", "rtsp://"]] }],
  arming: [
    { pattern: "people.NAME", words: said("Add a person"), what: said("Short name of the person"), hint: said("as anna"), first: (name) => [["name", name.slice(0, 1).toUpperCase() + name.slice(1)]] },
    {
      pattern: "arming.schedule.NAME",
      words: said("Add a time"),
      what: said("Name of the time"),
      hint: said("as night"),
      first: () => [
        ["at", "22:00"],
        ["mode", "home"],
      ],
    },
  ],
  storage: [{ pattern: "offsite.targets.NAME", words: said("Add a place for copies"), what: said("Short name of the place"), hint: said("as nas"), first: () => [["kind", "folder"]] }],
  actions: [{ pattern: "action.NAME", words: said("Add an action"), what: said("Short name of the action"), hint: said("as siren"), first: (name) => [["name", name]] }],
};

export function Additions({ group, config, onChange }: { config: Config; group: Group; onChange: (path: readonly string[], value: Value) => void }) {
  const found = ADDITIONS[group.id.startsWith("camera.") ? "camera" : group.id] ?? [];
  const [open, setOpen] = useState("");
  const [name, setName] = useState("");
  if (!found.length) return null;
  const camera = group.id.startsWith("camera.") ? group.id.slice(7) : "";
  const add = (addition: Addition): void => {
    const parts = addition.pattern.split(".");
    const path = parts.map((part, at) => (part !== "NAME" ? part : at === parts.length - 1 ? name.trim() : camera));
    for (const [key, value] of addition.first(name.trim())) onChange(key ? [...path, key] : path, value);
    setOpen("");
    setName("");
  };
  return (
    <div class="set-additions">
      {found.map((addition) =>
        open === addition.pattern ? (
          <form
            class="set-new"
            key={addition.pattern}
            onSubmit={(event) => {
              event.preventDefault();
              if (name.trim()) add(addition);
            }}
          >
            <label>
              {t(addition.what)}
              <input type="text" autocomplete="off" value={name} maxLength={60} placeholder={t(addition.hint)} onInput={(event) => setName(event.currentTarget.value)} />
            </label>
            <button class="button is-main" type="submit" disabled={!name.trim()}>
              {t("Add")}
            </button>
            <button class="button is-plain" type="button" onClick={() => setOpen("")}>
              {t("Not now")}
            </button>
          </form>
        ) : (
          <button class="button" type="button" key={addition.pattern} onClick={() => setOpen(addition.pattern)}>
            {t(addition.words)}
          </button>
        ),
      )}
      {camera && config.sections.some((section) => section.path[1] === camera) ? (
        <a class="button" href={`/cameras/${encodeURIComponent(camera)}/zones`}>
          {t("Draw zones on the picture of {camera}", { camera: cameraName(camera) })}
        </a>
      ) : null}
    </div>
  );
}
