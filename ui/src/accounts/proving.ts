/** Showing once more that it is oneself: what the gravest acts ask for before they are done. */

import { signal } from "@preact/signals";
import { whenProofIsWanted } from "../ask";

/** Set while the page asks; called with whether the person showed it. */
export const proving = signal<((shown: boolean) => void) | null>(null);

export function prove(): Promise<boolean> {
  return new Promise((done) => {
    proving.value?.(false);
    proving.value = (shown) => {
      proving.value = null;
      done(shown);
    };
  });
}

whenProofIsWanted(prove);
