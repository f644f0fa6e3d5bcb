/** How the house is armed, the schedule, and the ledger of what changed it. */

import { useState } from "preact/hooks";
import { arming } from "../arming";
import { moment } from "../format";
import { holder } from "../parts/Arming";
import { Trouble, useLoaded } from "../parts/bits";
import { now_us } from "../store";
import { rich, said, t } from "../words";
import { told } from "../words/told";
import { type ArmChange, houseApi } from "./api";
import { own } from "../own";
import { daysName, modeName } from "./words";

const CAUSES: Record<string, string> = { person: "", schedule: said("the schedule"), presence: said("who is home"), start: said("the start") };

export function changedBy(change: ArmChange): string {
  const by = change.who || t(own(CAUSES, change.cause) || change.cause);
  return change.via ? `${by} (${change.via})` : by;
}

export function ArmingCard() {
  const [older, setOlder] = useState<ArmChange[]>([]);
  const [changes, error] = useLoaded(() => houseApi.changes(), [arming.value?.since_us, arming.value?.cause]);
  const [plan, noPlan] = useLoaded(() => houseApi.plan(), []);
  const [failed, setFailed] = useState<unknown>(null);
  const now = arming.value;
  const all = [...(changes ?? []), ...older.filter((each) => !(changes ?? []).some((one) => one.number === each.number))];
  const more = (): void => {
    const last = all.at(-1);
    if (last) houseApi.changes(last.number).then((found) => setOlder([...older, ...found]), setFailed);
  };
  return (
    <section class="panel" aria-label={t("Arming")}>
      <h2>{t("Arming")}</h2>
      {now ? (
        <p>
          <strong>{modeName(now.mode)}</strong> <span class="dim">{t("since {when}.", { when: moment(now.since_us, now_us.value) })} {holder(now)}</span>
        </p>
      ) : null}
      {plan?.times.length ? (
        <>
          <h3>{t("Schedule")}</h3>
          <ul class="house-list is-tight">
            {plan.times.map((one) => (
              <li key={one.name}>
                <span class="when">{one.at}</span>
                <span class="grow">
                  {modeName(one.mode)} <span class="dim">{daysName(one.days)}</span>
                </span>
                {one.name === plan.next_name && plan.next_us ? <span class="tag">{t("next: {when}", { when: moment(plan.next_us, now_us.value) })}</span> : null}
              </li>
            ))}
          </ul>
        </>
      ) : plan ? (
        <p class="dim">
          {rich("No schedule: presence and people decide. {section} of the configuration adds a time.", { section: <code>[arming.schedule.night]</code> })}
        </p>
      ) : null}
      {all.length ? (
        <details>
          <summary>{changes && changes.length >= 12 ? t("What changed it ({n} and more)", { n: all.length }) : t("What changed it ({n})", { n: all.length })}</summary>
          <ol class="house-list is-tight">
            {all.map((change) => (
              <li key={change.number}>
                <time class="when is-long">{moment(change.at_us, now_us.value)}</time>
                <div class="grow">
                  {change.before === change.mode ? modeName(change.mode) : `${modeName(change.before)} → ${modeName(change.mode)}`} <span class="dim">{t("by {who}", { who: changedBy(change) })}</span>
                  {change.evidence.map((line) => (
                    <p class="hint" key={line}>
                      {told(line)}
                    </p>
                  ))}
                </div>
              </li>
            ))}
          </ol>
          <button class="link" type="button" onClick={more}>
            {t("Older")}
          </button>
        </details>
      ) : null}
      <Trouble error={error ?? noPlan ?? failed} />
    </section>
  );
}
