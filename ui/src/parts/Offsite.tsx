/** Copies elsewhere: how far they are, and the button that brings the last minutes to safety now. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "../ask";
import { ago, bytes } from "../format";
import { isOwner } from "../store";
import { plural, rich, t } from "../words";
import { told } from "../words/told";
import { Trouble } from "./bits";

interface Target {
  name: string;
  kind: string;
  sealed: boolean;
  proved: number;
  proved_us: number;
  waiting: number;
  waiting_bytes: number;
  waiting_events: number;
  sending: string;
  error: string;
}

interface Offsite {
  now_us: number;
  safe_us: number;
  cameras: Record<string, number>;
  targets: Target[];
  emergency: string;
  emergency_us: number;
  emergency_left: number;
}

const EVERY_MS = 3000;

export function OffsiteCard() {
  const [found, setFound] = useState<Offsite | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const load = (): void => {
      ask<Offsite>("GET", "/offsite").then((next) => {
        setFound(next);
        setError(null);
      }, setError);
    };
    load();
    const timer = setInterval(load, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const flush = (): void => {
    ask<void>("POST", "/offsite/flush").catch(setError);
  };
  return (
    <section class="panel">
      <h2>{t("Copies elsewhere")}</h2>
      {found && !found.targets.length ? (
        <p class="dim">
          {rich("None: whoever takes this machine takes the footage with it. {section} of the configuration says where copies go.", { section: <code>[offsite]</code> })}
        </p>
      ) : null}
      {found?.targets.length ? (
        <>
          <p>{found.safe_us ? t("Last minute safe off-site: {time}.", { time: ago(found.safe_us, found.now_us) }) : t("Not every camera has a copy elsewhere yet.")}</p>
          <ul class="outbound">
            {found.targets.map((each) => (
              <li key={each.name}>
                <strong>{each.name}</strong>
                <span class={each.error ? "warm" : "dim"}>{stateOf(each, found.now_us)}</span>
                <code>{each.sealed ? t("sealed") : t("not sealed")}</code>
              </li>
            ))}
          </ul>
          {found.emergency ? (
            <p class="dim">
              {t("The last minutes went first, {time}: {why}", { time: ago(found.emergency_us, found.now_us), why: told(found.emergency) })}{" "}
              {found.emergency_left ? plural(found.emergency_left, "{n} piece is still on the way.", "{n} pieces are still on the way.") : t("All of it arrived.")}
            </p>
          ) : null}
          {isOwner.value ? (
            <button class="button" type="button" onClick={flush}>
              {t("Bring the last minutes to safety now")}
            </button>
          ) : null}
        </>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}

function stateOf(target: Target, now_us: number): string {
  const size = bytes(target.waiting_bytes);
  if (target.error) {
    const error = told(target.error);
    const waits = plural(target.waiting, "{n} piece waits ({size}); nothing is deleted here before it is there.", "{n} pieces wait ({size}); nothing is deleted here before it is there.", { size });
    return target.waiting ? `${error} ${waits}` : error;
  }
  const last = target.proved_us ? t("last proof {time}", { time: ago(target.proved_us, now_us) }) : t("nothing proved yet");
  const waits = target.waiting ? plural(target.waiting, "{n} piece waits ({size})", "{n} pieces wait ({size})", { size }) : t("nothing waits");
  return `${last}, ${waits}`;
}
