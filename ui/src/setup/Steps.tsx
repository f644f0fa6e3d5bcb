/** Steps of the set-up that are small: cameras, zones, storage, the detector, the second factor. */

import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { type Config, readConfig, save, valueAt } from "../config/api";
import { bytes } from "../format";
import { Chips, Trouble, useLoaded } from "../parts/bits";
import { LiveView } from "../live/LiveView";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { StorageCard } from "../parts/Storage";
import { cameras, house } from "../store";
import { said, t } from "../words";
import { told } from "../words/told";
import { ZoneEditor } from "../zones/ZoneEditor";
import { FindCameras } from "./FindCameras";
import { type Disk, welcome } from "./welcome";
import type { StepProps } from "./Wizard";

export function Cameras({ onDone }: StepProps) {
  const [progress, , setProgress] = useLoaded(welcome.progress, []);
  const [added, setAdded] = useState<readonly string[]>([]);
  useEffect(() => {
    if (progress?.has_camera) onDone(true);
  }, [progress?.has_camera]);
  const own = cameras.value.filter((camera) => camera.id !== "demo" || added.includes(camera.id));
  const newest = own.find((camera) => camera.id === added.at(-1));
  return (
    <>
      {progress?.has_camera && own.length ? (
        <ul class="list wizard-cameras" aria-label={t("Your cameras")}>
          {own.map((camera) => (
            <li key={camera.id}>
              <icons.Camera size={20} /> <strong>{camera.name}</strong>
              <span class="dim">{camera.state === "live" ? t("live") : t("connecting…")}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {newest ? (
        <div class="stage is-wide wizard-live">
          <LiveView camera={newest} stream="main" />
        </div>
      ) : null}
      <FindCameras
        compact
        onAdded={(name) => {
          setAdded([...added, name]);
          onDone(true);
          welcome.progress().then(setProgress, () => undefined);
        }}
      />
    </>
  );
}

export function Zones({ onDone }: StepProps) {
  const [camera, setCamera] = useState(cameras.value[0]?.id ?? "");
  useEffect(() => {
    if (!camera && cameras.value[0]) setCamera(cameras.value[0].id);
  }, [cameras.value.length]);
  if (!camera) return <p class="dim">{t("There is no camera yet: add one first.")}</p>;
  return (
    <>
      {cameras.value.length > 1 ? <Chips name={t("Camera")} value={camera} all={cameras.value.map((each) => [each.id, each.name] as const)} onPick={setCamera} /> : null}
      <div class="wizard-zones">
        <ZoneEditor camera={camera} key={camera} compact onSaved={() => onDone(true)} />
      </div>
    </>
  );
}

const KINDS: Record<Disk["kind"], string> = {
  ssd: said("SSD"),
  "hard-disk": said("Hard disk"),
  card: said("SD card"),
  usb: said("USB disk"),
  network: said("Network folder"),
  other: said("Disk"),
};

export function Storage({ onDone }: StepProps) {
  const [config, failed, setConfig] = useLoaded(readConfig, []);
  const [disks, noDisks] = useLoaded(welcome.disks, []);
  const [error, setError] = useState<unknown>(null);
  const [restart, setRestart] = useState(false);
  if (!config || !disks) return <Trouble error={failed ?? noDisks} />;
  const wanted = valueAt(config, ["storage", "folder"])?.value || disks.find((disk) => disk.in_use)?.folder;
  const set = (key: string, value: string | number | null): void => {
    setError(null);
    save([{ path: ["storage", key], value }]).then(async (made) => {
      if (made.after_restart.length) setRestart(true);
      setConfig(await readConfig());
      onDone(true);
    }, setError);
  };
  const card = disks.find((disk) => disk.kind === "card" && disk.folder === wanted);
  return (
    <>
      <div class="wizard-disks" role="radiogroup" aria-label={t("Disk")}>
        {disks.map((disk) => (
          <label key={disk.mount} class={`wizard-disk ${disk.folder === wanted ? "is-picked" : ""}`}>
            <input type="radio" name="disk" checked={disk.folder === wanted} disabled={!disk.writable} onChange={() => set("folder", disk.in_use ? null : disk.folder)} />
            <span>
              <strong>
                {t(KINDS[disk.kind])} <span class="dim">{disk.mount}</span>
              </strong>
              <span class="dim">
                {[
                  t("{free} of {size} free", { free: bytes(disk.free_bytes), size: bytes(disk.size_bytes) }),
                  disk.in_use ? t("in use now") : "",
                  disk.writable ? "" : t("Hearthwatch may not write there"),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
              <code>{disk.folder}</code>
            </span>
          </label>
        ))}
      </div>
      {card ? (
        <p class="wizard-warn">
          <icons.Warn size={20} />
          <span>
            <strong>{t("An SD card wears out.")}</strong> {t("Recording day and night may kill it within a year, and with it the system. Plug in an SSD, or record events only.")}
          </span>
        </p>
      ) : null}
      {restart ? <p class="wizard-note">{t("Footage goes to the other disk after a restart of Hearthwatch. What is there already stays where it is.")}</p> : null}
      <h2>{t("How long it stays")}</h2>
      <div class="wizard-days">
        <Days config={config} name="keep_continuous_days" label={t("When nothing moves")} set={set} />
        <Days config={config} name="keep_motion_days" label={t("When something moves")} set={set} />
        <Days config={config} name="keep_event_days" label={t("Of events")} set={set} />
      </div>
      <Trouble error={error} />
      <StorageCard />
    </>
  );
}

function Days({ config, name, label, set }: { config: Config; name: string; label: string; set: (key: string, value: number) => void }) {
  const now = valueAt(config, ["storage", name])?.value;
  const [text, setText] = useState(String(now ?? ""));
  useEffect(() => setText(String(now ?? "")), [now]);
  return (
    <label>
      {label}
      <span class="set-amount">
        <input type="text" inputMode="decimal" value={text} onInput={(event) => setText(event.currentTarget.value)} onChange={() => text.trim() && Number.isFinite(Number(text)) && set(name, Number(text))} />
        <span class="dim">{t("days")}</span>
      </span>
    </label>
  );
}

export function Detector({ onDone }: StepProps) {
  const [error, setError] = useState<unknown>(null);
  const detector = house.value?.detector;
  const ready = detector !== undefined && !detector.basic && detector.name !== "";
  useEffect(() => {
    if (ready) onDone(true);
  }, [ready]);
  useEffect(() => {
    if (!detector?.fetching) return;
    const timer = setInterval(() => void api.house().then((next) => (house.value = next), () => undefined), 1000);
    return () => clearInterval(timer);
  }, [detector?.fetching]);
  if (!detector) return null;
  const fetchIt = (): void => {
    setError(null);
    api.fetchModel().then((next) => {
      if (house.value) house.value = { ...house.value, detector: next };
    }, setError);
  };
  return (
    <section class="panel wizard-panel">
      {ready ? (
        <p class="ended is-good">
          <span class="ended-mark">
            <icons.Check />
          </span>
          <span>
            <strong>{t("{detector} is at work.", { detector: detector.name })}</strong> {t("It knows {n} kinds of things.", { n: detector.labels.length })}
          </span>
        </p>
      ) : detector.fetching ? (
        <>
          <Working>
            {t("Getting {model} from {host}: {fetched} of {size}. Its checksum is compared before it is used.", {
              model: detector.fetch_name,
              host: detector.fetch_host,
              fetched: bytes(detector.fetched_bytes),
              size: bytes(detector.fetch_bytes),
            })}
          </Working>
          <progress class="wizard-progress" value={detector.fetched_bytes} max={detector.fetch_bytes || 1} aria-label={t("The detection model")} />
        </>
      ) : (
        <>
          <p>
            {t("{model}, {size}, licence {licence}. It is fetched once from {host}; no picture ever goes there.", {
              model: detector.fetch_name,
              size: bytes(detector.fetch_bytes),
              licence: detector.fetch_licence,
              host: detector.fetch_host,
            })}
          </p>
          <button class="button is-main" type="button" onClick={fetchIt}>
            <icons.Down size={18} /> {t("Get the detection model")}
          </button>
        </>
      )}
      {detector.error ? <p class="trouble">{told(detector.error)}</p> : null}
      <Trouble error={error} />
    </section>
  );
}

export function Account({ onDone }: StepProps) {
  return (
    <section class="panel wizard-panel">
      <p>
        {t("Use an authenticator app, or a passkey on your phone or computer. From outside your home networks Hearthwatch demands it of an owner.")}
      </p>
      <a class="button is-main" href="/settings/account" onClick={() => onDone(true)}>
        <icons.Shield size={18} /> {t("Set up a second factor")}
      </a>
    </section>
  );
}
