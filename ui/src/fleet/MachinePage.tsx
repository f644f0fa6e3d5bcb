/** The machine of the house: how it is, what its cameras record and how, and starting it anew. */

import { useState } from "preact/hooks";
import { ask } from "../ask";
import { type Change, type Config, readConfig, save, valueAt } from "../config/api";
import { Head, Trouble, useLoaded } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { cameraName, isOwner } from "../store";
import { said, t } from "../words";
import { told } from "../words/told";
import type { Machine } from "./far";
import { MachineFacts } from "./parts";

interface Now {
  machine: Machine;
  why_no_reboot: string;
}

export function MachinePage() {
  const [again, setAgain] = useState(0);
  const [now, failed] = useLoaded(() => ask<Now>("GET", "/machine"), [again]);
  const [config, unread, setConfig] = useLoaded(readConfig, [again]);
  const [error, setError] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const [going, setGoing] = useState(false);
  const change = (changes: Change[]): void => {
    setError(null);
    void save(changes).then(() => readConfig().then(setConfig), setError);
  };
  if (!isOwner.value) return <p class="page dim">{t("The owner of the house looks after its machine.")}</p>;
  return (
    <div class="page is-narrow">
      <Head title={t("Machine")}>
        <button class="button" type="button" onClick={() => setAgain(again + 1)}>
          {t("Look again")}
        </button>
      </Head>
      <Trouble error={error ?? failed ?? unread} />
      {now?.machine.version ? (
        <section class="panel">
          <MachineFacts machine={now.machine} />
        </section>
      ) : null}
      {config?.sections.filter((each) => each.path.length === 2 && each.path[0] === "camera").map((each) => <CameraPart key={each.path[1]} id={each.path[1] ?? ""} config={config} onChange={change} />)}
      {now ? (
        <section class="panel">
          <h2>{t("Restart")}</h2>
          <p class="dim">{now.why_no_reboot ? told(now.why_no_reboot) : t("Nothing is recorded for a minute or two.")}</p>
          {going ? <p role="status">{t("It restarts. This page opens again by itself.")}</p> : null}
          {now.why_no_reboot || going ? null : (
            <button class="button" type="button" onClick={() => setAsking(true)}>
              {t("Restart the machine")}
            </button>
          )}
        </section>
      ) : null}
      {asking ? (
        <Sheet title={t("Restart the machine?")} onClose={() => setAsking(false)}>
          <p class="sheet-question">{t("Nothing is recorded for a minute or two.")}</p>
          <div class="sheet-foot">
            <First onClick={() => setAsking(false)}>{t("No")}</First>
            <button
              class="button is-main"
              type="button"
              onClick={() => {
                setAsking(false);
                void ask<void>("POST", "/machine/reboot").then(() => setGoing(true), setError);
              }}
            >
              {t("Restart")}
            </button>
          </div>
        </Sheet>
      ) : null}
    </div>
  );
}

const RECORD: readonly [string, string][] = [
  ["always", said("all the time")],
  ["events", said("only what happens")],
  ["never", said("never")],
];
const SIZES = ["640x360", "1280x720", "1920x1080", "2304x1296"];

/** Only a Raspberry Pi's own camera is told by its address how large its picture is and which way up. */
function CameraPart({ id, config, onChange }: { id: string; config: Config; onChange: (changes: Change[]) => void }) {
  const path = ["camera", id, "record"];
  const record = valueAt(config, path)?.value;
  const main = String(valueAt(config, ["camera", id, "main"])?.value ?? "");
  const query = main.startsWith("picamera:") ? new URLSearchParams(main.split("?")[1] ?? "") : null;
  const set = (values: Record<string, string>): void => {
    const next = new URLSearchParams([...(query ?? []), ...Object.entries(values)].filter(([key], at, all) => all.findLastIndex(([other]) => other === key) === at));
    onChange([{ path: ["camera", id, "main"], value: `${main.split("?")[0]}?${next.toString()}` }]);
  };
  const size = `${query?.get("width") ?? 1920}x${query?.get("height") ?? 1080}`;
  return (
    <section class="panel machine-camera">
      <h2>{cameraName(id)}</h2>
      <div class="row">
        <label>
          {t("Record")}
          <select value={String(record)} onChange={(event) => onChange([{ path, value: event.currentTarget.value }])}>
            {RECORD.map(([value, name]) => (
              <option key={value} value={value}>
                {t(name)}
              </option>
            ))}
          </select>
        </label>
        {query ? (
          <>
          <label>
            {t("Picture")}
            <select value={size} onChange={(event) => set({ width: event.currentTarget.value.split("x")[0] ?? "", height: event.currentTarget.value.split("x")[1] ?? "" })}>
              {[...new Set([size, ...SIZES])].map((each) => (
                <option key={each} value={each}>
                  {each.replace("x", " × ")}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("Turned")}
            <select value={query.get("rotation") ?? "0"} onChange={(event) => set({ rotation: event.currentTarget.value })}>
              <option value="0">{t("upright")}</option>
              <option value="180">{t("upside down")}</option>
            </select>
          </label>
          </>
        ) : null}
      </div>
      {query ? null : <p class="hint">{t("Size and turn of its picture are set in the camera itself.")}</p>}
    </section>
  );
}
