/** One copy: what changed with it, compared with any other or with the camera now, and the way back. */

import { useState } from "preact/hooks";
import { moment } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { cameraName, isOwner, now_us } from "../store";
import { plural, t } from "../words";
import { type Copy, type CopyDetail, type Diff, doors } from "./api";
import { deeds } from "./asking";
import { changeCount, DiffView } from "./DiffView";
import { OwnersOnly } from "./Tabs";

interface Props {
  copy: Copy;
  others: Copy[];
  against: string;
  onAgainst: (value: string) => void;
  onRestore: (copy: Copy) => void;
  onClose: () => void;
}

interface Found {
  diff: Diff;
  detail: CopyDetail;
}

/** What lies between, told from the older to the newer; `now` asks the camera first. */
async function compared(copy: Copy, against: string): Promise<Found> {
  const detail = await doors.copy(copy.id);
  if (!against) return { diff: detail.diff, detail };
  const other = against === "now" ? (await doors.collect(copy.camera)).newest.id : against;
  if (other === copy.id) return { diff: { sections: [] }, detail };
  const [from, to] = other < copy.id ? [other, copy.id] : [copy.id, other];
  return { diff: await doors.diff(from, to), detail };
}

export function CopyPanel({ copy, others, against, onAgainst, onRestore, onClose }: Props) {
  const [found, error] = useLoaded(() => (isOwner.value ? compared(copy, against) : Promise.resolve(null)), [copy.id, against, deeds.value, isOwner.value]);
  const [all, setAll] = useState(false);
  /** What it was like before somebody changed it. */
  const before = copy.drift ? others.find((other) => other.id < copy.id) : undefined;
  const now = now_us.value;
  return (
    <section class="copy-panel panel" aria-label={t("Copy of {when}", { when: moment(copy.taken_us, now) })}>
      <header class="copy-head">
        <div>
          <p class="eyebrow">{cameraName(copy.camera)}</p>
          <h2>{moment(copy.taken_us, now)}</h2>
          <p class="hint">
            {plural(copy.setting_count, "1 setting", "{n} settings")}
            {copy.firmware ? ` · ${t("firmware {version}", { version: copy.firmware })}` : ""}
          </p>
        </div>
        <button class="button is-plain is-round" type="button" aria-label={t("Close")} onClick={onClose}>
          <icons.Close />
        </button>
      </header>
      {isOwner.value ? null : <OwnersOnly>{t("He sees here what changed, and can write it back.")}</OwnersOnly>}
      {isOwner.value ? (
        <>
          <div class="row copy-do">
            <label class="pick">
              {t("Compare with")}
              <select value={against} onChange={(event) => onAgainst(event.currentTarget.value)}>
                <option value="">{t("the copy before")}</option>
                <option value="now">{t("the camera now")}</option>
                {others.map((other) => (
                  <option key={other.id} value={other.id}>
                    {moment(other.taken_us, now)}
                  </option>
                ))}
              </select>
            </label>
            <span class="spacer" />
            {before ? (
              <button class="button is-main" type="button" onClick={() => onRestore(before)}>
                {t("Undo this change…")}
              </button>
            ) : null}
            <button class={`button ${before ? "" : "is-main"}`} type="button" onClick={() => onRestore(copy)}>
              {t("Restore this copy…")}
            </button>
          </div>
          <Trouble error={error} />
          {!found && !error ? <Working>{t("Reading…")}</Working> : null}
          {found ? (
            changeCount(found.diff) ? (
              <DiffView diff={found.diff} />
            ) : (
              <p class="dim copy-same">{against ? t("Nothing differs.") : t("This is the first copy: there is nothing to compare it with.")}</p>
            )
          ) : null}
          {found ? (
            <details class="copy-all" onToggle={(event) => setAll(event.currentTarget.open)}>
              <summary>{t("All {n} settings", { n: Object.keys(found.detail.settings).length })}</summary>
              {all ? (
                <dl class="facts is-code">
                  {Object.entries(found.detail.settings).map(([key, value]) => (
                    <div key={key}>
                      <dt>{key}</dt>
                      <dd>{value}</dd>
                    </div>
                  ))}
                </dl>
              ) : null}
            </details>
          ) : null}
        </>
      ) : null}
    </section>
  );
}
