/** The cameras' own logs, kept here and searchable. */

import { useEffect, useState } from "preact/hooks";
import { addDays, clockSeconds, dayName, localMoment, startOfDay } from "../format";
import { Chips, Empty, Head, Trouble, useLoaded } from "../parts/bits";
import { DayPick, toDay } from "../parts/DayPick";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName, cameras, now_us, resyncs } from "../store";
import { t } from "../words";
import { doors, type LogLine, type LogLines } from "./api";
import { choose, Tabs } from "./Tabs";

const PAGE = 200;
const PATIENCE_MS = 250;

export function LogsPage() {
  const query = place.value.query;
  const camera = query.get("camera") ?? "";
  const day_us = toDay(query.get("day"));
  return (
    <div class="page">
      <Head title={t("Camera logs")}>
        <DayPick day_us={day_us} onPick={(day) => go(choose("/logs", query, { day }), true)} />
      </Head>
      <Tabs />
      {cameras.value.length > 1 ? (
        <div class="filters">
          <Chips name={t("Camera")} value={camera} all={[["", t("All cameras")], ...cameras.value.map((each) => [each.id, each.name] as const)]} onPick={(value) => go(choose("/logs", query, { camera: value }), true)} />
        </div>
      ) : null}
      <LogSearch camera={camera} day_us={day_us} search={query.get("search") ?? ""} onSearch={(search) => go(choose("/logs", query, { search }), true)} />
    </div>
  );
}

interface Props {
  camera: string;
  day_us: number | null;
  search: string;
  onSearch: (search: string) => void;
  limit?: number;
}

export function LogSearch({ camera, day_us, search, onSearch, limit = PAGE }: Props) {
  const [words, setWords] = useState(search);
  const [older, setOlder] = useState<LogLines | null>(null);
  const [error, setError] = useState<unknown>(null);
  const minute = Math.floor(now_us.value / 30e6);
  const load = (before?: number): Promise<LogLines> =>
    doors.logs({
      camera,
      search,
      limit,
      ...(day_us !== null ? { start_us: day_us, end_us: addDays(day_us, 1) } : {}),
      ...(before !== undefined ? { before } : {}),
    });
  const [found, failed] = useLoaded(() => load(), [camera, search, day_us, minute, resyncs.value]);
  useEffect(() => setOlder(null), [camera, search, day_us]);
  useEffect(() => {
    if (words === search) return undefined;
    const waiting = setTimeout(() => onSearch(words), PATIENCE_MS);
    return () => clearTimeout(waiting);
  }, [words]);

  const known = new Set(found?.lines.map((line) => line.id));
  const lines = [...(found?.lines ?? []), ...(older?.lines.filter((line) => !known.has(line.id)) ?? [])];
  const more = older ? older.more : (found?.more ?? false);
  const days = new Map<number, LogLine[]>();
  for (const line of lines) days.set(startOfDay(line.at_us), [...(days.get(startOfDay(line.at_us)) ?? []), line]);
  return (
    <>
      <label class="search">
        <icons.Search size={18} />
        <input type="search" placeholder={t("Search the log")} aria-label={t("Search the log")} autocomplete="off" maxLength={200} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      </label>
      <Trouble error={error ?? failed} />
      {found && !lines.length ? (
        <Empty icon={<icons.Lines size={40} />} title={search || day_us !== null ? t("Nothing found") : t("No line yet")}>
          {search || day_us !== null ? t("No line of the log has that. Try fewer letters or another day.") : t("The logs of watched cameras are fetched every few minutes and kept here for 90 days, longer than the camera keeps them.")}
        </Empty>
      ) : null}
      {[...days].map(([day, list]) => (
        <section key={day} class="log-day">
          <h2 class="day-name">{dayName(day, now_us.value)}</h2>
          <ol class="log">
            {list.map((line) => (
              <li key={line.id} title={line.local_us === null ? "" : t("The camera's clock: {time}", { time: localMoment(line.local_us) })}>
                <time>{clockSeconds(line.at_us)}</time>
                {camera ? null : <span class="log-camera">{cameraName(line.camera)}</span>}
                <span class="log-code">{line.code}</span>
                <span class="log-user">{line.user}</span>
                <span class="log-text">{line.text}</span>
              </li>
            ))}
          </ol>
        </section>
      ))}
      {more ? (
        <button class="button is-wide" type="button" onClick={() => void load(lines.at(-1)?.id).then((next) => setOlder({ ...next, lines: [...(older?.lines ?? []), ...next.lines] }), setError)}>
          {t("Older lines")}
        </button>
      ) : null}
    </>
  );
}
