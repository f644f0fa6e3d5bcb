/** What is shown of a house and its machine, wherever it is shown. */

import { ago, bytes, lasted, moment, stateName } from "../format";
import { Dot } from "../live/Motion";
import { now_us } from "../store";
import { plural, said, t } from "../words";
import { figure } from "../words/figures";
import type { FarCamera, Machine, Node } from "./far";

const HEARING: Record<Node["hearing"], [string, string]> = {
  here: ["live", said("connected")],
  near: ["connecting", said("heard of, not connected")],
  silent: ["lost", said("not connected")],
  revoked: ["over", said("taken off")],
};

export const since = (node: Node, now: number): string => (node.heard_us ? t("Last heard of {when}.", { when: moment(node.heard_us, now) }) : t("It has never been heard of."));

export const Hearing = ({ node }: { node: Node }) => (
  <span class="hearing">
    <span class={`dot is-${HEARING[node.hearing][0]}`} aria-hidden="true" /> {t(HEARING[node.hearing][1])}
  </span>
);

export function FarCameras({ node }: { node: Node }) {
  const now = now_us.value;
  const live = node.hearing === "here";
  if (!node.cameras.length) return <p class="dim">{t("It has told of no camera yet.")}</p>;
  return (
    <ul class="house-cameras">
      {node.cameras.map((camera: FarCamera) => (
        <li key={camera.id}>
          {live ? <Dot state={camera.state as "live"} /> : <span class="dot is-over" aria-hidden="true" />}
          <span class="grow">
            {camera.name}{" "}
            <span class="dim">
              {live ? stateName(camera.state) : t("last {state}", { state: stateName(camera.state) })}
              {camera.footage_until_us ? ` · ${t("footage here until {when}", { when: moment(camera.footage_until_us, now) })}` : ` · ${t("no footage here")}`}
              {camera.audit_score === null ? "" : ` · ${t("settings {score} of 100", { score: camera.audit_score })}`}
              {camera.findings ? `, ${plural(camera.findings, "one finding", "{n} findings")}` : ""}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** From here on a Raspberry Pi slows down, and Wi-Fi loses pictures. */
const HOT_C = 80;
const WEAK_DBM = -75;

export function MachineFacts({ machine }: { machine: Machine }) {
  const facts: [string, string, boolean?][] = [];
  if (machine.temperature_c !== null) facts.push([t("Temperature"), `${figure(machine.temperature_c, 0)} °C`, machine.temperature_c >= HOT_C]);
  if (machine.undervoltage !== null) facts.push([t("Power"), machine.undervoltage ? t("too low at times: use a stronger power supply") : t("steady"), machine.undervoltage]);
  if (machine.throttled) facts.push([t("Speed"), t("slowed down since it was switched on"), true]);
  if (machine.wifi_dbm !== null) facts.push([t("Wi-Fi"), machine.wifi_dbm < WEAK_DBM ? t("weak ({n} dBm)", { n: figure(machine.wifi_dbm, 0) }) : t("good ({n} dBm)", { n: figure(machine.wifi_dbm, 0) }), machine.wifi_dbm < WEAK_DBM]);
  if (machine.disk_free_bytes !== null && machine.disk_bytes) facts.push([t("Disk"), t("{free} of {all} free", { free: bytes(machine.disk_free_bytes), all: bytes(machine.disk_bytes) }), machine.disk_free_bytes < machine.disk_bytes / 20]);
  if (machine.load !== null) facts.push([t("Load"), figure(machine.load, 1)]);
  if (machine.up_s !== null) facts.push([t("Running for"), lasted(machine.up_s * 1e6)]);
  if (machine.clock_kept === false) facts.push([t("Clock"), t("not set by the network"), true]);
  if (machine.model) facts.push([t("Machine"), machine.model]);
  if (machine.version) facts.push(["Hearthwatch", machine.version]);
  return (
    <>
      <dl class="house-facts">
        {facts.map(([name, value, bad]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class={bad ? "bad" : ""}>{value}</dd>
          </div>
        ))}
      </dl>
      {machine.at_us ? <p class="hint">{t("As of {ago}.", { ago: ago(machine.at_us, now_us.value) })}</p> : null}
    </>
  );
}
