/** Events: everyone and everything worth remembering, by day, found, looked through and marked. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { HouseEvent } from "../api";
import { review } from "../events/api";
import { choiceOf, isAny, withNewsOf } from "../events/choice";
import { Filters, Search } from "../events/Filters";
import { Preview } from "../events/Preview";
import { clock, dayName, labelName, lasted } from "../format";
import { Empty, Head, Trouble, useKeys } from "../parts/bits";
import { DayPick } from "../parts/DayPick";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameraName, may, now_us, recent, resyncs } from "../store";
import { plural, rich, t } from "../words";
import { figure } from "../words/figures";

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
  const address = query.toString();
  const choice = useMemo(() => choiceOf(query), [address]);
  const [list, setList] = useState<HouseEvent[] | null>(null);
  const [more, setMore] = useState(false);
  const [unseen, setUnseen] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const [picked, setPicked] = useState<ReadonlySet<string> | null>(null);
  const [said, setSaid] = useState("");
  const loading = useRef(false);
  const asked = useRef(choice);
  asked.current = choice;

  const count = (): void => void review.unseen(choice).then((found) => asked.current === choice && setUnseen(found), setError);
  const load = async (): Promise<void> => {
    const found = await review.page(choice);
    if (asked.current !== choice) return;
    setList(found.events);
    setMore(found.more);
    setError(null);
    count();
  };
  useEffect(() => {
    setPicked(null);
    void load().catch(setError);
  }, [address, resyncs.value]);

  const older = async (): Promise<void> => {
    const last = list?.at(-1);
    if (!last || loading.current) return;
    loading.current = true;
    try {
      const found = await review.page(choice, last.id);
      if (asked.current !== choice) return;
      setList((now) => [...(now ?? []), ...found.events]);
      setMore(found.more);
    } catch (trouble) {
      setError(trouble);
    } finally {
      loading.current = false;
    }
  };
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown = end.current;
    if (!shown || !more) return;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && void older(), { rootMargin: "900px" });
    watch.observe(shown);
    return () => watch.disconnect();
  }, [more, list]);

  const news = useMemo(() => withNewsOf(list ?? [], recent.value, choice), [list, recent.value, choice]);
  const shown = list ? news.list : [];
  const fresh = list ? news.fresh : [];
  useEffect(() => {
    // whoever looks at the top sees who comes at once; further down nothing may move
    if (fresh.length && list && scrollY < 80 && !picked) {
      setList([...fresh, ...news.list]);
      count();
    }
  }, [fresh.length]);

  const change = (changes: Record<string, string>): void => {
    const next = new URLSearchParams(place.value.query);
    for (const [name, value] of Object.entries(changes)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    go(`/events${next.size ? `?${next.toString()}` : ""}`, true);
  };
  const put = (ids: ReadonlySet<string>, reviewed: boolean): void => {
    setList((now) => now?.map((event) => (ids.has(event.id) ? { ...event, reviewed } : event)) ?? null);
    recent.value = recent.value.map((event) => (ids.has(event.id) ? { ...event, reviewed } : event));
  };
  const mark = async (ids: readonly string[], reviewed = true): Promise<void> => {
    try {
      for (let at = 0; at < ids.length; at += 500) await review.seen(ids.slice(at, at + 500), reviewed);
      put(new Set(ids), reviewed);
      setSaid(t(reviewed ? "{n} marked as seen" : "{n} marked as not seen", { n: ids.length }));
      count();
    } catch (trouble) {
      setError(trouble);
    }
  };
  const markDownTo = async (last: HouseEvent): Promise<void> => {
    const first = shown[0];
    if (!first) return;
    try {
      const { changed } = await review.seenDownTo(choice, first.id, last.id);
      put(new Set(shown.slice(0, shown.findIndex((event) => event.id === last.id) + 1).map((event) => event.id)), true);
      setSaid(t("{n} marked as seen", { n: changed }));
      count();
    } catch (trouble) {
      setError(trouble);
    }
  };
  const markAll = async (): Promise<void> => {
    const first = shown[0];
    if (!first) return;
    try {
      const { changed } = await review.seenDownTo(choice, first.id, null);
      put(new Set(shown.map((event) => event.id)), true);
      setSaid(t("{n} marked as seen", { n: changed }));
      count();
    } catch (trouble) {
      setError(trouble);
    }
  };
  const pick = (id: string): void => {
    const next = new Set(picked ?? []);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };

  useKeys((key) => {
    if (key.target instanceof HTMLTextAreaElement || key.altKey) return;
    const cards = [...document.querySelectorAll<HTMLElement>(".card[data-event]")];
    const here = cards.indexOf(document.activeElement as HTMLElement);
    const step = { j: 1, k: -1, ArrowRight: 1, ArrowLeft: -1 }[key.key];
    if (step !== undefined && cards.length) {
      key.preventDefault();
      const next = cards[here < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, here + step))];
      next?.focus();
      next?.scrollIntoView({ block: "nearest" });
      return;
    }
    if (key.key === "/") {
      key.preventDefault();
      document.querySelector<HTMLInputElement>(".find-box input")?.focus();
    }
    if (key.key === "Escape") setPicked(null);
    const event = shown.find((each) => each.id === cards[here]?.dataset.event);
    if (!event || !may("decide")) return;
    if (key.key === "s") void mark([event.id], !event.reviewed);
    if (key.key === "S") void markDownTo(event);
    if (key.key === "x") pick(event.id);
  });

  const name = choice.start_us !== null && query.get("day");
  return (
    <div class="page is-events">
      <Head title={t("Events")}>
        <Search choice={choice} onPick={change} />
        <DayPick day_us={name ? choice.start_us : null} onPick={(day) => change({ day, from: "", to: "" })} />
      </Head>
      <Filters choice={choice} query={query} onPick={change} />
      {may("decide") && shown.length ? (
        <div class="review-bar">
          {picked ? (
            <>
              <strong>{t("{n} chosen", { n: picked.size })}</strong>
              <button class="button" type="button" disabled={!picked.size} onClick={() => void mark([...picked]).then(() => setPicked(null))}>
                <icons.Check size={18} /> {t("Seen")}
              </button>
              <button class="button is-plain" type="button" onClick={() => setPicked(null)}>
                {t("Never mind")}
              </button>
            </>
          ) : (
            <>
              <span class="dim" role="status">
                {unseen ? (unseen >= 1000 ? t("Over {n} not seen yet", { n: figure(1000) }) : t("{n} not seen yet", { n: unseen })) : said || t("All of these are seen")}
              </span>
              <span class="spacer" />
              <button class="button is-plain" type="button" onClick={() => setPicked(new Set())}>
                {t("Choose")}
              </button>
              {unseen ? (
                <button class="button is-plain" type="button" onClick={() => void markAll()}>
                  <icons.Check size={18} /> {t("All seen")}
                </button>
              ) : null}
            </>
          )}
        </div>
      ) : null}
      <Trouble error={error} />
      {fresh.length ? (
        <button
          class="fresh"
          type="button"
          onClick={() => {
            scrollTo({ top: 0 });
            void load().catch(setError);
          }}
        >
          {plural(fresh.length, "{n} new event", "{n} new events")}
        </button>
      ) : null}
      {list && !shown.length ? (
        <Empty icon={<icons.Walk size={40} />} title={t("Nothing to show")}>
          {isAny(choice)
            ? t("When somebody comes by, their picture and the footage will be here. Walk past a camera to try it.")
            : choice.seen === "new"
              ? t("Everything with this choice is seen.")
              : t("Nobody was seen with this choice. Try other words, another day or camera.")}
        </Empty>
      ) : null}
      {byDay(shown, now_us.value).map(([day, events]) => (
        <section key={day}>
          <h2 class="day-name">
            {day} <span class="dim">{events.length}</span>
          </h2>
          <ul class="cards">
            {events.map((event) => (
              <li key={event.id}>
                <Card event={event} picked={picked ? picked.has(event.id) : null} onPick={pick} {...(may("decide") ? { onSeen: (one: HouseEvent) => void mark([one.id], !one.reviewed), onDownTo: (one: HouseEvent) => void markDownTo(one) } : {})} />
              </li>
            ))}
          </ul>
        </section>
      ))}
      <div ref={end} class="list-end">
        {more ? <p class="hint">{t("Older events follow…")}</p> : null}
      </div>
      {may("decide") && shown.length ? (
        <p class="hint keys-help">
          {rich("Keys: {jk} next and last · {s} seen · {S} everything down to here seen · {x} choose · {slash} search", {
            jk: (
              <>
                <kbd>j</kbd> <kbd>k</kbd>
              </>
            ),
            s: <kbd>s</kbd>,
            S: (
              <>
                <kbd>Shift</kbd> <kbd>S</kbd>
              </>
            ),
            x: <kbd>x</kbd>,
            slash: <kbd>/</kbd>,
          })}
        </p>
      ) : null}
    </div>
  );
}

interface CardProps {
  event: HouseEvent;
  picked?: boolean | null;
  onPick?: (id: string) => void;
  onSeen?: (event: HouseEvent) => void;
  onDownTo?: (event: HouseEvent) => void;
}

export function Card({ event, picked = null, onPick, onSeen, onDownTo }: CardProps) {
  const open = event.end_us === null;
  const what = labelName(event.kind, event.label);
  return (
    <div class={`card-frame ${picked ? "is-picked" : ""}`}>
      <a
        class={`card ${event.reviewed ? "" : "is-new"}`}
        href={`/events/${event.id}`}
        data-event={event.id}
        onClick={(click) => {
          if (picked === null || !onPick) return;
          click.preventDefault();
          onPick(event.id);
        }}
      >
        <Preview event={event} />
        <span class="card-text">
          <span class="card-top">
            <strong>
              {event.reviewed ? null : <i class="new-dot" aria-label={t("not seen yet")} />}
              {what}
            </strong>
            <time>{clock(event.start_us)}</time>
          </span>
          <span class="dim">
            {cameraName(event.camera)}
            {event.zones.length ? ` · ${event.zones.join(", ")}` : ""}
            {" · "}
            {open ? <span class="now">{t("still there")}</span> : lasted((event.end_us ?? 0) - event.start_us)}
          </span>
          {event.false_alarm ? <span class="tag is-false">{t("False alarm")}</span> : null}
          {event.note ? <span class="card-note">{event.note}</span> : null}
        </span>
      </a>
      {onSeen ? (
        <span class="card-do">
          {picked !== null ? (
            <button type="button" class="seal" aria-pressed={picked} aria-label={t("Choose {what}, {time}", { what, time: clock(event.start_us) })} onClick={() => onPick?.(event.id)}>
              <icons.Check size={16} />
            </button>
          ) : (
            <>
              <button type="button" class="seal" aria-pressed={event.reviewed} aria-label={event.reviewed ? t("Mark as not seen") : t("Mark as seen")} onClick={() => onSeen(event)}>
                <icons.Check size={16} />
              </button>
              {onDownTo ? (
                <button type="button" class="seal is-wide" onClick={() => onDownTo(event)}>
                  {t("Down to here")}
                </button>
              ) : null}
            </>
          )}
        </span>
      ) : null}
    </div>
  );
}
