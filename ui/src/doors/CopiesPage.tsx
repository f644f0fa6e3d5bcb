/** The dated copies of the cameras' settings: what changed when, back to any of them, and the baseline. */

import { useEffect, useState } from "preact/hooks";
import { ago, capital, moment } from "../format";
import { Chips, Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName, cameras, isOwner, now_us, resyncs } from "../store";
import { plural, rich, t } from "../words";
import { told } from "../words/told";
import { type Copies, type Copy, doors } from "./api";
import { deeds } from "./asking";
import { CopyPanel } from "./CopyPanel";
import { choose, Tabs } from "./Tabs";
import { WriteSheet, type Writing } from "./WriteSheet";

const PAGE = 60;

export function CopiesPage() {
  const query = place.value.query;
  const camera = query.get("camera") ?? "";
  const picked = query.get("copy") ?? "";
  const minute = Math.floor(now_us.value / 30e6);
  const [older, setOlder] = useState<Copies | null>(null);
  const [found, failed] = useLoaded(() => doors.copies({ camera, limit: PAGE }), [camera, minute, deeds.value, resyncs.value]);
  const [error, setError] = useState<unknown>(null);
  const [looking, setLooking] = useState(false);
  const [outcome, setOutcome] = useState("");
  const [writing, setWriting] = useState<Writing | null>(null);
  useEffect(() => {
    setOlder(null);
    setOutcome("");
  }, [camera]);

  const copies = [...(found?.copies ?? []), ...(older?.copies.filter((copy) => !found?.copies.some((each) => each.id === copy.id)) ?? [])];
  const more = older ? older.more : (found?.more ?? false);
  const roomy = matchMedia("(width >= 1020px)").matches;
  const copy = copies.find((each) => each.id === picked) ?? (roomy && !picked ? (copies[0] ?? null) : null);
  const pick = (changes: Record<string, string>, replace = true): void => go(choose("/copies", query, changes), replace);
  const trouble = Object.entries(found?.troubles ?? {}).filter(([name]) => !camera || name === camera);
  const target = camera || (cameras.value.length === 1 ? (cameras.value[0]?.id ?? "") : "");

  const look = (): void => {
    setLooking(true);
    setError(null);
    doors.collect(target).then((seen) => {
      setOutcome(
        seen.doubtful
          ? t("The camera gave only a part of its settings: nothing was kept. Try again in a minute.")
          : seen.diff.sections.length
            ? t("Something had changed: a new copy was kept.")
            : t("All is as in the newest copy."),
      );
      deeds.value += 1;
    }, setError).finally(() => setLooking(false));
  };
  return (
    <div class="page">
      <Head title={t("Settings of the cameras")} />
      <Tabs />
      <div class="filters">
        {cameras.value.length > 1 ? (
          <Chips name={t("Camera")} value={camera} all={[["", t("All cameras")], ...cameras.value.map((each) => [each.id, each.name] as const)]} onPick={(value) => pick({ camera: value, copy: "", with: "" })} />
        ) : null}
        {isOwner.value && target ? (
          <div class="row">
            <button class="button" type="button" disabled={looking} onClick={look}>
              <icons.Again size={18} /> {looking ? t("Looking…") : t("Look now")}
            </button>
            <button class="button" type="button" onClick={() => setWriting({ baseline: target })}>
              {t("Baseline…")}
            </button>
            {outcome ? <span class="hint" role="status">{outcome}</span> : null}
          </div>
        ) : null}
      </div>
      <Trouble error={error ?? failed} />
      {trouble.map(([name, text]) => (
        <p key={name} class="note is-warm">
          {rich("{camera} its settings could not be read. {text}", { camera: <strong>{cameraName(name)}:</strong>, text: told(text) })}
        </p>
      ))}
      {found && !copies.length ? (
        <Empty icon={<icons.Copies size={40} />} title={t("No copy of any settings yet")}>
          {t("Every camera whose door is watched gets its settings copied once a day, and after every log-in that may have changed something.")}{" "}
          {isOwner.value && target ? t("Press “Look now” to have the first one.") : t("Pick a camera to have the first one now.")}
        </Empty>
      ) : null}
      <div class={`copies ${copy ? "has-picked" : ""}`}>
        <ol class="copy-list" aria-label={t("Copies")}>
          {copies.map((each) => (
            <CopyRow key={each.id} copy={each} withCamera={!camera && cameras.value.length > 1} current={each === copy} onPick={() => pick({ copy: each.id, with: "" }, copy !== null)} />
          ))}
          {more ? (
            <li>
              <button class="button is-wide" type="button" onClick={() => void doors.copies({ camera, limit: PAGE, before: copies.at(-1)?.id ?? "" }).then((next) => setOlder({ ...next, copies: [...(older?.copies ?? []), ...next.copies] }), setError)}>
                {t("Older copies")}
              </button>
            </li>
          ) : null}
        </ol>
        {copy ? (
          <CopyPanel key={copy.id} copy={copy} others={copies.filter((each) => each.camera === copy.camera && each !== copy)} against={query.get("with") ?? ""} onAgainst={(value) => pick({ with: value })} onRestore={(wanted) => setWriting({ copy: wanted })} onClose={() => pick({ copy: "", with: "" })} />
        ) : null}
      </div>
      {writing ? <WriteSheet writing={writing} onClose={() => setWriting(null)} /> : null}
    </div>
  );
}

function CopyRow({ copy, withCamera, current, onPick }: { copy: Copy; withCamera: boolean; current: boolean; onPick: () => void }) {
  const now = now_us.value;
  const first = copy.change_count === 0;
  return (
    <li>
      <button type="button" class={`copy-row ${copy.drift ? "is-drift" : ""}`} aria-pressed={current} onClick={onPick}>
        <span class="copy-when">
          <strong>{moment(copy.taken_us, now)}</strong>
          {withCamera ? <span>{cameraName(copy.camera)}</span> : null}
        </span>
        <span class="dim">
          {first ? t("First copy, {n} settings", { n: copy.setting_count }) : plural(copy.change_count, "1 change", "{n} changes")}
          {copy.drift ? <span class="bad"> · {t("nobody ordered this")}</span> : null}
        </span>
        <span class="dim copy-why">
          {capital(told(copy.reason))}
          {copy.seen_us > copy.taken_us + 60e6 ? ` · ${t("still so {ago}", { ago: ago(copy.seen_us, now) })}` : ""}
        </span>
      </button>
    </li>
  );
}
