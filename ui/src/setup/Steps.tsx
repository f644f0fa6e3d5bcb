/** Steps of the set-up that are small: cameras, zones, storage, the detector, the second factor. */

import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { type Config, readConfig, save, valueAt } from "../config/api";
import { bytes } from "../format";
import { Chips, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { StorageCard } from "../parts/Storage";
import { cameras, house } from "../store";
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
  return (
    <>
      {progress?.has_camera && own.length ? (
        <ul class="list wizard-cameras" aria-label="Your cameras">
          {own.map((camera) => (
            <li key={camera.id}>
              <icons.Camera size={20} /> <strong>{camera.name}</strong>
              <span class="dim">{camera.state === "live" ? "live" : "connecting…"}</span>
            </li>
          ))}
        </ul>
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
  if (!camera) return <p class="dim">There is no camera yet: add one first.</p>;
  return (
    <>
      {cameras.value.length > 1 ? <Chips name="Camera" value={camera} all={cameras.value.map((each) => [each.id, each.name] as const)} onPick={setCamera} /> : null}
      <div class="wizard-zones">
        <ZoneEditor camera={camera} key={camera} compact onSaved={() => onDone(true)} />
      </div>
    </>
  );
}

const KINDS: Record<Disk["kind"], string> = { ssd: "SSD", "hard-disk": "Hard disk", card: "SD card", usb: "USB disk", network: "Network folder", other: "Disk" };

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
      <div class="wizard-disks" role="radiogroup" aria-label="Disk">
        {disks.map((disk) => (
          <label key={disk.mount} class={`wizard-disk ${disk.folder === wanted ? "is-picked" : ""}`}>
            <input type="radio" name="disk" checked={disk.folder === wanted} disabled={!disk.writable} onChange={() => set("folder", disk.in_use ? null : disk.folder)} />
            <span>
              <strong>
                {KINDS[disk.kind]} <span class="dim">{disk.mount}</span>
              </strong>
              <span class="dim">
                {bytes(disk.free_bytes)} of {bytes(disk.size_bytes)} free{disk.in_use ? " · in use now" : ""}
                {disk.writable ? "" : " · Hearthwatch may not write there"}
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
            <strong>An SD card wears out.</strong> Recording day and night may kill it within a year, and with it the system. Plug in an SSD, or record events only.
          </span>
        </p>
      ) : null}
      {restart ? <p class="wizard-note">Footage goes to the other disk after a restart of Hearthwatch. What is there already stays where it is.</p> : null}
      <h2>How long it stays</h2>
      <div class="wizard-days">
        <Days config={config} name="keep_continuous_days" label="When nothing moves" set={set} />
        <Days config={config} name="keep_motion_days" label="When something moves" set={set} />
        <Days config={config} name="keep_event_days" label="Of events" set={set} />
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
        <span class="dim">days</span>
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
            <strong>{detector.name} is at work.</strong> It knows {detector.labels.length} kinds of things.
          </span>
        </p>
      ) : detector.fetching ? (
        <>
          <Working>
            Getting {detector.fetch_name} from {detector.fetch_host}: {bytes(detector.fetched_bytes)} of {bytes(detector.fetch_bytes)}. Its checksum is compared before it is used.
          </Working>
          <progress class="wizard-progress" value={detector.fetched_bytes} max={detector.fetch_bytes || 1} aria-label="The detection model" />
        </>
      ) : (
        <>
          <p>
            {detector.fetch_name}, {bytes(detector.fetch_bytes)}, licence {detector.fetch_licence}. It is fetched once from {detector.fetch_host}; no picture ever goes there.
          </p>
          <button class="button is-main" type="button" onClick={fetchIt}>
            <icons.Down size={18} /> Get the detection model
          </button>
        </>
      )}
      {detector.error ? <p class="trouble">{detector.error}</p> : null}
      <Trouble error={error} />
    </section>
  );
}

export function Account({ onDone }: StepProps) {
  return (
    <section class="panel wizard-panel">
      <p>
        Use an authenticator app, or a passkey on your phone or computer. From outside your home networks Hearthwatch demands it of an owner.
      </p>
      <a class="button is-main" href="/settings/account" onClick={() => onDone(true)}>
        <icons.Shield size={18} /> Set up a second factor
      </a>
    </section>
  );
}
