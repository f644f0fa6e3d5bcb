/** The audit: how easily each camera is broken into, what to do about it, and doing it. */

import { useEffect, useState } from "preact/hooks";
import { ago } from "../format";
import { Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { go, place } from "../router";
import { cameraName, cameras, isOwner, now_us, resyncs } from "../store";
import { plural, t } from "../words";
import { told } from "../words/told";
import { doors, type Finding, type Report } from "./api";
import { deeds } from "./asking";
import { Fence } from "./Fence";
import { Findings } from "./Findings";
import { FixAll } from "./FixAll";
import { fixable, scoreWord, worstFirst } from "./grades";
import { Score } from "./Score";
import { choose, OwnersOnly, Tabs } from "./Tabs";
import { NoDoor } from "./Watched";

const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

export function AuditPage() {
  const query = place.value.query;
  const minute = Math.floor(now_us.value / 60e6);
  const [found, failed, setFound] = useLoaded(() => (isOwner.value ? doors.reports() : Promise.resolve(null)), [minute, resyncs.value, isOwner.value]);
  const reports = worstFirst(found ?? []);
  const [first, setFirst] = useState(""); // stays the one that is shown when its score gets better
  const shown = reports.find((report) => report.camera === (query.get("camera") || first)) ?? reports[0];
  useEffect(() => {
    if (shown && !first) setFirst(shown.camera);
  }, [shown?.camera]);
  const put = (report: Report): void => setFound([...(found ?? []).filter((each) => each.camera !== report.camera), report]);
  const without = cameras.value.filter((camera) => !reports.some((report) => report.camera === camera.id));
  return (
    <div class="page">
      <Head title={t("How safe are the cameras?")} />
      <Tabs />
      {isOwner.value ? null : <OwnersOnly>{t("He sees here what is weak about each camera, and can put it right.")}</OwnersOnly>}
      <Trouble error={failed} />
      {found && !reports.length ? (
        without.length ? (
          <FirstLook cameras={without.map((camera) => camera.id)} onLooked={put} />
        ) : (
          <NoDoor />
        )
      ) : null}
      {reports.length ? (
        <ul class="scores" aria-label={t("Cameras")}>
          {reports.map((report) => (
            <li key={report.camera}>
              <button type="button" class="score-card" aria-pressed={report === shown} onClick={() => go(choose("/audit", query, { camera: report.camera }), true)}>
                <Score score={report.score} />
                <span class="score-text">
                  <strong>{cameraName(report.camera)}</strong>
                  <span class="dim">{report.trouble ? t("could not be looked at") : report.found ? t("{found} to put right", { found: report.found }) : report.unknown ? t("{unknown} not known", { unknown: report.unknown }) : t("nothing to do")}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {shown ? <OneCamera key={shown.camera} report={shown} onReport={put} /> : null}
      {reports.length ? <Fence /> : null}
    </div>
  );
}

function OneCamera({ report, onReport }: { report: Report; onReport: (report: Report) => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [all, setAll] = useState(false);
  const canFix = fixable(report);
  const look = (): void => {
    setBusy(true);
    setError(null);
    doors.audit(report.camera).then(onReport, setError).finally(() => setBusy(false));
  };
  const know = (finding: Finding, accepted: boolean): void => {
    doors.know(report.camera, finding.key, accepted).then(onReport, setError);
  };
  const [since] = useState(deeds.peek());
  useEffect(() => {
    if (deeds.value !== since) look();
  }, [deeds.value]);
  return (
    <section class="audit">
      <header class="audit-head">
        <div>
          <h2>
            {cameraName(report.camera)}: {lower(scoreWord(report))}
          </h2>
          <p class="hint">
            {busy ? t("Looking at it again…") : t("Looked at {ago}", { ago: ago(report.at_us, now_us.value) })} · <a href={`/cameras/${report.camera}/door`}>{t("its door")}</a>
          </p>
        </div>
        <div class="row">
          <button class="button" type="button" disabled={busy} onClick={look}>
            <icons.Again size={18} /> {t("Look now")}
          </button>
          {canFix.length ? (
            <button class="button is-main" type="button" disabled={busy} onClick={() => setAll(true)}>
              {plural(canFix.length, "Fix what can be fixed", "Fix all {n} that can be fixed")}
            </button>
          ) : null}
        </div>
      </header>
      <Trouble error={error} />
      {report.trouble ? (
        <p class="note is-warm">
          <strong>{t("It could not be looked at.")}</strong> {told(report.trouble)}
        </p>
      ) : null}
      <Findings report={report} onKnow={know} />
      {all ? <FixAll report={report} onReport={onReport} onClose={() => setAll(false)} /> : null}
    </section>
  );
}

function FirstLook({ cameras: ids, onLooked }: { cameras: string[]; onLooked: (report: Report) => void }) {
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>(null);
  const start = (camera: string): void => {
    setBusy(camera);
    setError(null);
    doors.audit(camera).then(onLooked, setError).finally(() => setBusy(""));
  };
  return (
    <>
      <Empty icon={<icons.Shield size={40} />} title={t("No camera was looked at yet")}>
        {t("Every camera whose door is watched is looked at once a day: weak passwords, doors that should be shut, old firmware. The first look is minutes away; or look now:")}
      </Empty>
      <div class="row is-centred">
        {ids.map((camera) => (
          <button key={camera} class="button" type="button" disabled={busy !== ""} onClick={() => start(camera)}>
            {cameraName(camera)}
          </button>
        ))}
      </div>
      {busy ? <Working>{t("Looking at {camera}. This can take a minute…", { camera: cameraName(busy) })}</Working> : null}
      <Trouble error={error} />
    </>
  );
}
