/** A map of who was at the doors: your house in the middle, everybody else around it. Drawn from addresses alone. */

import "./map.css";
import { useState } from "preact/hooks";
import { ago } from "../format";
import * as icons from "../parts/icons";
import { useLoaded } from "../parts/bits";
import { cameraName, cameras, now_us, resyncs } from "../store";
import { plural, t } from "../words";
import { doors } from "./api";
import { type Network, networks, type Source } from "./sources";

const MOST = 200;
const SHOWN = 12;

export function DoorMap({ address, onPick }: { address: string; onPick: (address: string) => void }) {
  const tick = Math.floor(now_us.value / 20e6);
  const [found] = useLoaded(() => doors.logins({ limit: MOST }), [tick, resyncs.value]);
  const all = networks(found?.logins ?? []);
  if (!all.length) return null;
  const home = all.filter((each) => each.at_home);
  const outside = all.filter((each) => !each.at_home);
  const chosen = all.flatMap((each) => each.sources).find((each) => each.address === address && address);
  const count = (list: readonly Network[]): number => list.reduce((sum, each) => sum + each.sources.length, 0);
  const draw = (list: readonly Network[]) => list.map((each) => <Net key={`${each.at_home}${each.network}`} network={each} address={address} onPick={onPick} />);
  return (
    <details class="door-map" open={outside.some((each) => each.sources.some((source) => source.tone === "bad"))}>
      <summary>
        {t("Map: {home} at home, {outside} from elsewhere", { home: count(home), outside: count(outside) })}
      </summary>
      <div class="map-outside">
        <p class="map-name">{t("Outside")}</p>
        <div class="map-nets">{outside.length ? draw(outside) : <p class="dim">{t("Nobody from outside in what is kept.")}</p>}</div>
        <div class="map-home">
          <p class="map-name">
            <icons.Home size={17} /> {t("Your networks")}
          </p>
          <div class="map-nets">
            {draw(home)}
            <div class="map-cameras">
              <icons.Camera size={18} /> {plural(cameras.value.length, "1 camera", "{n} cameras")}
            </div>
          </div>
        </div>
      </div>
      {chosen ? <Chosen source={chosen} onClear={() => onPick("")} /> : <p class="hint">{t("From the last {n} log-ins. Press one to see only those. Nobody outside was asked where an address is.", { n: found?.logins.length ?? 0 })}</p>}
    </details>
  );
}

function Net({ network, address, onPick }: { network: Network; address: string; onPick: (address: string) => void }) {
  const [all, setAll] = useState(false);
  const shown = all ? network.sources : network.sources.slice(0, SHOWN);
  return (
    <div class="map-net">
      <span class="dim map-network">{network.network || t("place unknown")}</span>
      {shown.map((source) => (
        <button
          key={source.address}
          type="button"
          class={`map-dot is-${source.tone} ${source.count > 20 ? "is-many" : source.count > 4 ? "is-some" : ""}`}
          aria-pressed={address !== "" && source.address === address}
          disabled={!source.address}
          onClick={() => onPick(source.address === address ? "" : source.address)}
        >
          <i aria-hidden="true" />
          <span>{source.name || short(source, network)}</span>
          {source.count > 1 ? <span class="dim">{source.count}</span> : null}
          <span class="sr">
            {plural(source.count, "once", "{n} times")}, {source.address || t("place unknown")}
          </span>
        </button>
      ))}
      {network.sources.length > shown.length ? (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t("{n} more", { n: network.sources.length - shown.length })}
        </button>
      ) : null}
    </div>
  );
}

const short = (source: Source, network: Network): string =>
  network.network.endsWith(".x") ? `.${source.address.split(".").at(-1) ?? ""}` : source.address || (source.users[0] ?? t("unknown"));

function Chosen({ source, onClear }: { source: Source; onClear: () => void }) {
  return (
    <p class="map-chosen">
      <strong>{source.address}</strong> {source.name ? <span class="dim">{source.name}</span> : null} <span class="dim">{t("as {users} at {cameras}, last {ago}", { users: source.users.join(", ") || t("nobody by name"), cameras: source.cameras.map(cameraName).join(", "), ago: ago(source.last_us, now_us.value) })}</span>{" "}
      <button class="link" type="button" onClick={onClear}>
        {t("Show all again")}
      </button>
    </p>
  );
}
