/** How many days of footage will be there, of each camera and in all, and what takes it away first. */

import { ask } from "../ask";
import { bytes, fits } from "../format";
import { cameraName } from "../store";
import { rich, said, t } from "../words";
import { Trouble, useLoaded } from "./bits";

type Bound = "disk" | "rules" | "camera";
type Kind = "continuous" | "motion" | "event";

/** See StorageReply in the API's documentation. */
interface Storage {
  footage_folder: string;
  footage_used_bytes: number;
  footage_free_bytes: number;
  forecast: {
    days: number;
    bound: Bound;
    disk_days: number;
    bytes_per_day: number;
    cameras: { camera: string; stays: { footage_class: Kind; bytes_per_day: number; days: number; bound: Bound }[] }[];
  } | null;
}

const KINDS: [Kind, string][] = [
  ["continuous", said("No motion")],
  ["motion", said("Motion")],
  ["event", said("Events")],
];
const WHY: Record<Bound, string> = {
  disk: said("Then the disk is full, and the oldest goes."),
  rules: said("Then the rules take it: the days in [storage] or the camera’s keep."),
  camera: said("Then the space one camera may take is full (keep.max_gib)."),
};
const SHORT: Record<Bound, string> = { disk: said("disk"), rules: said("rule"), camera: said("own limit") };

export function StorageCard() {
  const [found, error] = useLoaded(() => ask<Storage>("GET", "/storage"), []);
  const forecast = found?.forecast;
  return (
    <section class="panel">
      <h2>{t("Storage")}</h2>
      {forecast ? (
        <>
          <p>
            <strong>{t("Everything of the last {days} will be there.", { days: fits(forecast.days) })}</strong> <span class="dim">{t("Today {size} a day come in.", { size: bytes(forecast.bytes_per_day) })}</span>
          </p>
          <p class="dim">
            {t(WHY[forecast.bound])} {forecast.bound === "disk" ? "" : t("The disk alone would hold {days}.", { days: fits(forecast.disk_days) })} {t("What is kept for good stays.")}
          </p>
          <table class="stays">
            <thead>
              <tr>
                <th scope="col">{t("Camera")}</th>
                <th scope="col">{t("A day")}</th>
                {KINDS.map(([kind, text]) => (
                  <th scope="col" key={kind}>
                    {t(text)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {forecast.cameras.map((camera) => (
                <tr key={camera.camera}>
                  <th scope="row">{cameraName(camera.camera)}</th>
                  <td>{bytes(camera.stays.reduce((sum, stay) => sum + stay.bytes_per_day, 0))}</td>
                  {KINDS.map(([kind]) => {
                    const stay = camera.stays.find((each) => each.footage_class === kind);
                    return (
                      <td key={kind}>
                        {stay ? (
                          <>
                            {fits(stay.days)} <span class="dim">{t(SHORT[stay.bound])}</span>
                          </>
                        ) : (
                          "–"
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : found ? (
        <p class="dim">{t("How many days fit is said after the first hour of footage.")}</p>
      ) : null}
      {found ? (
        <p class="hint">
          {rich("{used} in {folder}, {free} free", { used: bytes(found.footage_used_bytes), folder: <code>{found.footage_folder}</code>, free: bytes(found.footage_free_bytes) })}
        </p>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}
