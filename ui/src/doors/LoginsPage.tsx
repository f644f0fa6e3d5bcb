/** Log-ins: who was at which camera, when, whence, and what to think of it. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { addDays, dayName, startOfDay } from "../format";
import { Chips, Empty, Head, Trouble, useLoaded } from "../parts/bits";
import { DayPick, toDay } from "../parts/DayPick";
import * as icons from "../parts/icons";
import { go, place } from "../router";
import { cameras, lastLogins, loginsSeen, now_us, resyncs } from "../store";
import { t } from "../words";
import { figure } from "../words/figures";
import { doors, type Login } from "./api";
import { DoorMap } from "./DoorMap";
import { type Choice, fits, folded, keyOf, merged } from "./fold";
import { LoginRow } from "./LoginRow";
import { choose, Tabs } from "./Tabs";
import { NoDoor, ownVisits, WatchedStrip } from "./Watched";
import { GROUPS, isForeign, verdictsOf } from "./words";

const PAGE = 100;
const DAY_US = 24 * 3600e6;

export function LoginsPage() {
  const query = place.value.query;
  const camera = query.get("camera") ?? "";
  const group = query.get("what") ?? "";
  const address = query.get("from") ?? "";
  const day_us = toDay(query.get("day"));
  const [page, setPage] = useState<{ logins: Login[]; more: boolean } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const minute = Math.floor(now_us.value / 10e6);
  const [watched, noWatch] = useLoaded(() => doors.watch(), [minute, resyncs.value]);
  const choice: Choice = { camera, verdicts: verdictsOf(group), start_us: day_us, end_us: day_us === null ? null : addDays(day_us, 1) };

  const load = (before?: number) =>
    doors.logins({
      camera,
      address,
      verdict: choice.verdicts,
      limit: PAGE,
      ...(choice.start_us !== null ? { start_us: choice.start_us } : {}),
      ...(choice.end_us !== null ? { end_us: choice.end_us } : {}),
      ...(before !== undefined ? { before } : {}),
    });
  useEffect(() => {
    let current = true;
    load().then((found) => current && (setPage(found), setError(null)), (failed: unknown) => current && setError(failed));
    return () => {
      current = false;
    };
  }, [camera, group, address, day_us, resyncs.value]);
  useEffect(() => {
    if (!document.hidden) loginsSeen();
  }, [lastLogins.value]);

  const oldest = page?.more ? (page.logins.at(-1)?.at_us ?? 0) : 0;
  const shown = useMemo(() => merged(page?.logins ?? [], page ? lastLogins.value.filter((login) => login.at_us >= oldest && fits(login, choice) && (!address || login.address === address)) : []), [page, lastLogins.value]);
  const more = async (): Promise<void> => {
    const last = page?.logins.at(-1);
    if (!page || !last) return;
    const older = await load(last.id);
    setPage({ logins: [...page.logins, ...older.logins], more: older.more });
  };
  const pick = (changes: Record<string, string>): void => go(choose("/logins", query, changes), true);
  const folds = folded(shown);
  const days = new Map<number, typeof folds>();
  for (const fold of folds) days.set(startOfDay(fold.head.at_us), [...(days.get(startOfDay(fold.head.at_us)) ?? []), fold]);
  const worst = folds.find((fold) => isForeign(fold.head) && now_us.value - fold.head.at_us < DAY_US);
  const chosen = camera || group || address || day_us !== null;
  const own = watched?.reduce((sum, watch) => sum + ownVisits(watch), 0) ?? 0;

  return (
    <div class="page">
      <Head title={t("Log-ins")}>
        <DayPick day_us={day_us} onPick={(day) => pick({ day })} />
      </Head>
      <Tabs />
      {watched?.length ? <WatchedStrip watched={watched} /> : null}
      <DoorMap address={address} onPick={(from) => pick({ from })} />
      <div class="filters">
        {cameras.value.length > 1 ? (
          <Chips name={t("Camera")} value={camera} all={[["", t("All cameras")], ...cameras.value.map((each) => [each.id, each.name] as const)]} onPick={(value) => pick({ camera: value })} />
        ) : null}
        <Chips name={t("What")} value={group} all={GROUPS.map(([key, text]) => [key, key ? t(text) : t("Everything")] as const)} onPick={(value) => pick({ what: value })} />
      </div>
      <Trouble error={error ?? noWatch} />
      {page && !folds.length ? (
        watched && !watched.length && !chosen ? (
          <NoDoor />
        ) : (
          <Empty icon={<icons.Door size={40} />} title={chosen ? t("Nothing with this choice") : t("Nobody has been at a camera's door")}>
            {chosen ? t("Pick another camera, day or kind.") : t("As soon as somebody logs in to one of the cameras, it stands here. Log in to a camera's own page to try it.")}
          </Empty>
        )
      ) : null}
      {[...days].map(([day, list]) => (
        <section key={day}>
          <h2 class="day-name">{dayName(day, now_us.value)}</h2>
          <ol class="logins">
            {list.map((fold) => (
              <LoginRow key={keyOf(fold)} fold={fold} open={fold === worst} />
            ))}
          </ol>
        </section>
      ))}
      {page?.more ? (
        <button class="button is-wide" type="button" onClick={() => void more().catch(setError)}>
          {t("Older log-ins")}
        </button>
      ) : null}
      {own && folds.length ? <p class="hint is-foot">{t("Hearthwatch itself logged in {n} times on the last day, to look. Those are counted, not listed.", { n: figure(own) })}</p> : null}
    </div>
  );
}
