/** Copies elsewhere: how far they are, and the button that brings the last minutes to safety now. */

import { useEffect, useState } from "preact/hooks";
import { ask } from "../ask";
import { ago, bytes } from "../format";
import { isOwner } from "../store";
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
      <h2>Copies elsewhere</h2>
      {found && !found.targets.length ? (
        <p class="dim">
          None: whoever takes this machine takes the footage with it. <code>[offsite]</code> of the configuration says where copies go.
        </p>
      ) : null}
      {found?.targets.length ? (
        <>
          <p>{found.safe_us ? `Last minute safe off-site: ${ago(found.safe_us, found.now_us)}.` : "Not every camera has a copy elsewhere yet."}</p>
          <ul class="outbound">
            {found.targets.map((each) => (
              <li key={each.name}>
                <strong>{each.name}</strong>
                <span class={each.error ? "warm" : "dim"}>{stateOf(each, found.now_us)}</span>
                <code>{each.sealed ? "sealed" : "not sealed"}</code>
              </li>
            ))}
          </ul>
          {found.emergency ? (
            <p class="dim">
              {ago(found.emergency_us, found.now_us)} the last minutes went first: {found.emergency} {found.emergency_left ? `${found.emergency_left} pieces are still on the way.` : "All of it arrived."}
            </p>
          ) : null}
          {isOwner.value ? (
            <button class="button" type="button" onClick={flush}>
              Bring the last minutes to safety now
            </button>
          ) : null}
        </>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}

function stateOf(target: Target, now_us: number): string {
  const waits = `${target.waiting} ${target.waiting === 1 ? "piece waits" : "pieces wait"} (${bytes(target.waiting_bytes)})`;
  if (target.error) return target.waiting ? `${target.error} ${waits}; nothing is deleted here before it is there.` : target.error;
  const last = target.proved_us ? `last proof ${ago(target.proved_us, now_us)}` : "nothing proved yet";
  return target.waiting ? `${last}, ${waits}` : `${last}, nothing waits`;
}
