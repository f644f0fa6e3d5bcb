/** What happened at all houses, the newest first, also where one is away. */

import { useEffect, useState } from "preact/hooks";
import { address, ask } from "../ask";
import { clock, dayName, labelName, startOfDay } from "../format";
import { Chips, Trouble } from "../parts/bits";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { now_us } from "../store";
import { t } from "../words";
import { fleet } from "./far";

interface FarEvent {
  node: string;
  site: string;
  house: string;
  id: string;
  camera: string;
  camera_name: string;
  kind: string;
  label: string;
  start_us: number;
  picture: boolean;
}
interface Found {
  events: FarEvent[];
  more: boolean;
  last_us: number | null;
  at?: string;
}

/** What is new in front of what was read before, older pages kept. */
const joined = (before: Found | null, next: Found, at: string): Found =>
  before?.at === at && before.events.length > next.events.length
    ? { ...before, events: [...next.events, ...before.events.filter((old) => !next.events.some((each) => each.id === old.id && each.node === old.node))] }
    : { ...next, at };

export function FarEvents() {
  const at = place.value.query.get("at") ?? "";
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<unknown>(null);
  const turn = Math.floor(now_us.value / 15e6);
  const read = (before_us?: number): Promise<Found> => ask<Found>("GET", "/fleet/events", { at, before_us });
  useEffect(() => {
    let current = true;
    read().then((next) => current && setFound((before) => joined(before, next, at)), (failed: unknown) => current && setError(failed));
    return () => {
      current = false;
    };
  }, [at, turn]);
  const more = (): void => void read(found?.last_us ?? undefined).then((next) => setFound({ ...next, at, events: [...(found?.events ?? []), ...next.events] }), setError);
  const sites = fleet.value?.sites ?? [];
  const days = [...new Set(found?.events.map((event) => startOfDay(event.start_us)))];
  return (
    <>
      <Chips name={t("Where")} value={at} all={[["", t("Everywhere")], ...sites.map((site) => [site.id, site.title] as const)]} onPick={(next) => go(next ? `/sites/events?at=${next}` : "/sites/events", true)} />
      <Trouble error={error} />
      {found && !found.events.length ? <p class="dim">{t("Nothing yet.")}</p> : null}
      {days.map((day) => (
        <section key={day}>
          <h2>{dayName(day, now_us.value)}</h2>
          <ul class="far-events">
            {found?.events
              .filter((event) => startOfDay(event.start_us) === day)
              .map((event) => (
                <Row key={`${event.node} ${event.id}`} event={event} />
              ))}
          </ul>
        </section>
      ))}
      {found?.more ? (
        <p class="row">
          <button class="button" type="button" onClick={more}>
            {t("Show older ones")}
          </button>
        </p>
      ) : null}
    </>
  );
}

function Row({ event }: { event: FarEvent }) {
  const node = fleet.value?.nodes.find((each) => each.id === event.node);
  const house = node?.own ? "" : `/at/${event.node}`;
  const is_here = node?.hearing === "here";
  const [failed, setFailed] = useState(false);
  const picture = is_here ? `${house}${address(`/events/${event.id}/picture.jpg`)}` : address(`/fleet/nodes/${event.node}/events/${event.id}/picture.jpg`);
  const text = (
    <>
      <span class="far-picture">
        {event.picture && !failed ? <img src={picture} alt="" loading="lazy" decoding="async" onError={() => setFailed(true)} /> : <icons.Eye />}
      </span>
      <span class="grow">
        <strong>{labelName(event.kind, event.label)}</strong>
        <span class="dim">
          {event.house} · {event.camera_name}
          {failed && !is_here ? ` · ${t("the picture is still there")}` : ""}
        </span>
      </span>
      <time>{clock(event.start_us)}</time>
    </>
  );
  return <li>{is_here ? <a href={`${house}/events/${event.id}`}>{text}</a> : <div>{text}</div>}</li>;
}
