/** The head of a step: a way back, what it is about. It takes the focus, so that a reader hears where they are. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as icons from "../parts/icons";
import { t } from "../words";

export function StepHead({ title, onBack, busy = false, children }: { title: string; onBack?: () => void; busy?: boolean; children: ComponentChildren }) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus({ preventScroll: true }), []);
  return (
    <header class="find-step-head">
      {onBack ? (
        <button class="button is-plain is-round" type="button" aria-label={t("Back to the list")} disabled={busy} onClick={onBack}>
          <icons.Back />
        </button>
      ) : (
        <span class="ended-mark" aria-hidden="true">
          <icons.Check size={20} />
        </span>
      )}
      <div>
        <h2 tabIndex={-1} ref={head}>
          {title}
        </h2>
        <p class="dim">{children}</p>
      </div>
    </header>
  );
}
