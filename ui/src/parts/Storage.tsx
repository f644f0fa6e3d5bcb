/** How many days of footage will be there, of each camera and in all, and what takes it away first. */

import { ask } from "../ask";
import { bytes, fits } from "../format";
import { cameraName } from "../store";
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
  ["continuous", "No motion"],
  ["motion", "Motion"],
  ["event", "Events"],
];
const WHY: Record<Bound, string> = {
  disk: "Then the disk is full, and the oldest goes.",
  rules: "Then the rules take it: the days in [storage] or the camera’s keep.",
  camera: "Then the space one camera may take is full (keep.max_gib).",
};
const SHORT: Record<Bound, string> = { disk: "disk", rules: "rule", camera: "own limit" };

export function StorageCard() {
  const [found, error] = useLoaded(() => ask<Storage>("GET", "/storage"), []);
  const forecast = found?.forecast;
  return (
    <section class="panel">
      <h2>Storage</h2>
      {forecast ? (
        <>
          <p>
            <strong>Everything of the last {fits(forecast.days)} will be there,</strong> <span class="dim">at today’s {bytes(forecast.bytes_per_day)} a day.</span>
          </p>
          <p class="dim">
            {WHY[forecast.bound]}
            {forecast.bound === "disk" ? "" : ` The disk alone would hold ${fits(forecast.disk_days)}.`} What is kept for good stays.
          </p>
          <table class="stays">
            <thead>
              <tr>
                <th scope="col">Camera</th>
                <th scope="col">A day</th>
                {KINDS.map(([kind, text]) => (
                  <th scope="col" key={kind}>
                    {text}
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
                            {fits(stay.days)} <span class="dim">{SHORT[stay.bound]}</span>
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
        <p class="dim">How many days fit is said after the first hour of footage.</p>
      ) : null}
      {found ? (
        <p class="hint">
          {bytes(found.footage_used_bytes)} in <code>{found.footage_folder}</code>, {bytes(found.footage_free_bytes)} free
        </p>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}
