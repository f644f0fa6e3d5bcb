/** Events: everyone and everything worth remembering, by day, with what to look for. */

import { useEffect, useState } from "preact/hooks";
import { api, type Events, type HouseEvent } from "../api";
import { addDays, clock, dayName, labelName, lasted } from "../format";
import { Chips, Empty, Head, Trouble } from "../parts/bits";
import { DayPick, toDay } from "../parts/DayPick";
import { EventPicture } from "../parts/EventPicture";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName, cameras, now_us, recent } from "../store";

const PAGE = 60;

export function byDay(events: readonly HouseEvent[], now: number): [string, HouseEvent[]][] {
  const days = new Map<string, HouseEvent[]>();
  for (const event of events) {
    const name = dayName(event.start_us, now);
    days.set(name, [...(days.get(name) ?? []), event]);
  }
  return [...days];
}

export function EventsPage() {
  const query = place.value.query;
  const camera = query.get("camera") ?? "";
  const label = query.get("label") ?? "";
  const day_us = toDay(query.get("day"));
  const [found, setFound] = useState<Events | null>(null);
  const [error, setError] = useState<unknown>(null);
  const newest = recent.value[0];

  const load = (before_us?: number): Promise<Events> =>
    api.events({
      camera,
      label,
      limit: PAGE,
      ...(day_us !== null ? { start_us: day_us } : {}),
      ...(before_us !== undefined ? { end_us: before_us } : day_us !== null ? { end_us: addDays(day_us, 1) } : {}),
    });

  useEffect(() => {
    let current = true;
    load().then((value) => current && setFound(value), setError);
    return () => {
      current = false;
    };
  }, [camera, label, day_us, newest?.id, newest?.end_us]);

  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(query);
    if (value) next.set(name, value);
    else next.delete(name);
    go(`/events${next.size ? `?${next.toString()}` : ""}`, true);
  };
  const more = async (): Promise<void> => {
    const last = found?.events.at(-1);
    if (!found || !last) return;
    const older = await load(last.start_us);
    setFound({ ...older, events: [...found.events, ...older.events] });
  };

  return (
    <div class="page">
      <Head title="Events">
        <DayPick day_us={day_us} onPick={(day) => set("day", day)} />
      </Head>
      <div class="filters">
        <Chips name="Camera" value={camera} all={[["", "All"], ...cameras.value.map((each) => [each.id, each.name] as const)]} onPick={(value) => set("camera", value)} />
        {(found?.labels.length ?? 0) > 1 ? (
          <Chips name="What" value={label} all={[["", "All"], ...(found?.labels ?? []).map((each) => [each, labelName("object", each)] as const)]} onPick={(value) => set("label", value)} />
        ) : null}
      </div>
      <Trouble error={error} />
      {found && !found.events.length ? (
        <Empty icon={<icons.Walk size={40} />} title="Nothing to show">
          {camera || label || day_us !== null
            ? "Nobody was seen with this choice. Try another day or camera."
            : "When somebody comes by, their picture and the footage will be here. Walk past a camera to try it."}
        </Empty>
      ) : null}
      {byDay(found?.events ?? [], now_us.value).map(([name, events]) => (
        <section key={name}>
          <h2 class="day-name">
            {name} <span class="dim">{events.length}</span>
          </h2>
          <ul class="cards">
            {events.map((event) => (
              <li key={event.id}>
                <Card event={event} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      {found?.more ? (
        <button class="button is-wide" type="button" onClick={() => void more().catch(setError)}>
          Older events
        </button>
      ) : null}
    </div>
  );
}

export function Card({ event }: { event: HouseEvent }) {
  const open = event.end_us === null;
  return (
    <a class={`card ${event.reviewed ? "" : "is-new"}`} href={`/events/${event.id}`}>
      <EventPicture event={event} near />
      <span class="card-text">
        <span class="card-top">
          <strong>{labelName(event.kind, event.label)}</strong>
          <time>{clock(event.start_us)}</time>
        </span>
        <span class="dim">
          {cameraName(event.camera)}
          {event.zones.length ? ` · ${event.zones.join(", ")}` : ""}
          {" · "}
          {open ? <span class="now">still there</span> : lasted((event.end_us ?? 0) - event.start_us)}
        </span>
      </span>
    </a>
  );
}
