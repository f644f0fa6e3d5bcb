/** Who looked, armed, exported, deleted, changed or logged in. */

import { useState } from "preact/hooks";
import { clock, dayName, startOfDay } from "../format";
import { Chips, Empty, Head, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { cameraName, isOwner, now_us } from "../store";
import { t } from "../words";
import { access, type Deed, type Deeds } from "./api";
import "./accounts.css";
import { Tabs } from "./Tabs";
import { deedName, deedTone, viaName, whence } from "./words";

export default function TrailPage() {
  const [who, setWho] = useState("");
  const [older, setOlder] = useState<Deeds | null>(null);
  const [error, setError] = useState<unknown>(null);
  const minute = Math.floor(now_us.value / 30e6);
  const [people] = useLoaded(() => (isOwner.value ? access.people() : Promise.resolve([])), []);
  const [found, failed] = useLoaded(() => (isOwner.value ? access.trail({ who }) : Promise.resolve(null)), [who, minute]);
  const known = new Set(found?.deeds.map((deed) => deed.number));
  const deeds = [...(found?.deeds ?? []), ...(older?.deeds.filter((deed) => !known.has(deed.number)) ?? [])];
  const more = older ? older.more : (found?.more ?? false);
  const days = new Map<number, Deed[]>();
  for (const deed of deeds) days.set(startOfDay(deed.at_us), [...(days.get(startOfDay(deed.at_us)) ?? []), deed]);
  return (
    <div class="page is-narrow is-trail">
      <Head title={t("Who did what")}>
        <a class="button is-plain" href="/house">
          {t("The house")}
        </a>
        <Check />
      </Head>
      <Tabs />
      {isOwner.value ? null : <p class="dim">{t("The owner of the house sees here who looked, armed, exported and changed what.")}</p>}
      {people && people.length > 1 ? (
        <div class="filters">
          <Chips
            name={t("Who")}
            value={who}
            all={[["", t("Everybody")], ...people.map((each) => [each.name, each.name] as const)]}
            onPick={(value) => {
              setOlder(null);
              setWho(value);
            }}
          />
        </div>
      ) : null}
      <Trouble error={error ?? failed} />
      {found && !deeds.length ? <Empty icon={<icons.Lines size={40} />} title={t("Nothing stands here yet")} /> : null}
      {[...days].map(([day, list]) => (
        <section key={day}>
          <h2 class="day-name">{dayName(day, now_us.value)}</h2>
          <ol class="feed">
            {list.map((deed) => (
              <li class="trail" key={deed.number}>
                <time>{clock(deed.at_us)}</time>
                <div>
                  <strong class={deedTone(deed)}>{deedName(deed)}</strong> {deed.camera ? <span class="dim">{t("at {camera}", { camera: cameraName(deed.camera) })}</span> : null}
                  {deed.subject ? <p class="dim">{deed.subject}</p> : null}
                  <p class="hint">{[deed.who || t("A stranger"), viaName(deed.via), deed.address ? t("from {address}", { address: whence(deed.address) }) : ""].filter(Boolean).join(" · ")}</p>
                </div>
              </li>
            ))}
          </ol>
        </section>
      ))}
      {more ? (
        <button
          class="button is-wide"
          type="button"
          onClick={() => void access.trail({ who, before: deeds.at(-1)?.number ?? 1 }).then((next) => setOlder({ ...next, deeds: [...(older?.deeds ?? []), ...next.deeds] }), setError)}
        >
          {t("Older")}
        </button>
      ) : null}
    </div>
  );
}

function Check() {
  const [outcome, setOutcome] = useState("");
  const check = (): void => {
    access.checkTrail().then(
      ({ broken_at }) => setOutcome(broken_at === null ? t("It is as it was written.") : t("Line {line} is not as it was written: somebody changed it, or the disk is damaged.", { line: broken_at })),
      () => setOutcome(t("It could not be checked.")),
    );
  };
  if (!isOwner.value) return null;
  return outcome ? (
    <span class="hint" role="status">
      {outcome}
    </span>
  ) : (
    <button class="button" type="button" onClick={check}>
      {t("Was it changed?")}
    </button>
  );
}
