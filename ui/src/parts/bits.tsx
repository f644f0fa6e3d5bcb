/** Small pieces every page uses. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../ask";
import { letters } from "./letters";

/** `whole`: there is nothing else on the page, so this is its heading. */
export function Empty({ icon, title, whole = false, children }: { icon: ComponentChildren; title: string; whole?: boolean; children?: ComponentChildren }) {
  const Heading = whole ? "h1" : "h2";
  return (
    <div class="empty">
      <span class="empty-icon">{icon}</span>
      <Heading>{title}</Heading>
      <p>{children}</p>
    </div>
  );
}

export function Head({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="head">
      <h1>{title}</h1>
      <div class="head-side">{children}</div>
    </header>
  );
}

export function Trouble({ error }: { error: unknown }) {
  if (!error) return null;
  const known = error instanceof ApiError;
  return (
    <p class="trouble" role="alert">
      <strong>{error instanceof Error ? error.message : String(error)}</strong>
      {known && error.hint ? <span> {error.hint}</span> : null}
    </p>
  );
}

export function Chips({ name, value, all, onPick }: { name: string; value: string; all: readonly (readonly [string, string])[]; onPick: (value: string) => void }) {
  return (
    <div class="chips" role="group" aria-label={name}>
      {all.map(([key, text]) => (
        <button key={key} type="button" class="chip" aria-pressed={value === key} onClick={() => onPick(key)}>
          {text}
        </button>
      ))}
    </div>
  );
}

/** What `load` gives, loaded again whenever one of `when` changes; the last answer stays until the next is here. */
export function useLoaded<T>(load: () => Promise<T>, when: readonly unknown[]): [T | null, unknown, (value: T) => void] {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let current = true;
    load().then(
      (found) => {
        if (current) {
          setValue(found);
          setError(null);
        }
      },
      (failed: unknown) => current && setError(failed),
    );
    return () => {
      current = false;
    };
  }, when);
  return [value, error, setValue];
}

export function useKeys(handle: (event: KeyboardEvent) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!letters.value && event.key.length === 1 && event.key !== " ") return;
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.metaKey || event.ctrlKey) return;
      handle(event);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}
