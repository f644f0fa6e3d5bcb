/** A question over the page: the browser's own dialog, which keeps the focus inside and gives it back. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../words";
import * as icons from "./icons";

/** `locked` keeps it open against Escape and a tap beside it, while something runs or is shown only once. */
export function Sheet({ title, eyebrow, locked = false, wide = false, onClose, children }: { title: string; eyebrow?: string; locked?: boolean; wide?: boolean; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // before the next picture, coming and going: in between the focus would be nowhere
  useLayoutEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement as HTMLElement | null;
    shown?.showModal();
    return () => {
      shown?.close();
      before?.focus?.();
    };
  }, []);
  const beside = (event: MouseEvent): void => {
    if (event.target === dialog.current && !locked) onClose();
  };
  return (
    <dialog
      class={`sheet ${wide ? "is-wide" : ""}`}
      ref={dialog}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        if (!locked) onClose();
      }}
      onClick={beside}
    >
      <div class="sheet-body">
        <header class="sheet-head">
          <div>
            {eyebrow ? <p class="eyebrow">{eyebrow}</p> : null}
            <h2>{title}</h2>
          </div>
          {locked ? null : (
            <button class="button is-plain is-round" type="button" aria-label={t("Close")} onClick={onClose}>
              <icons.Close />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** The button that has the focus once it is there: the one that does no harm. */
export function First({ main = false, onClick, children }: { main?: boolean; onClick: () => void; children: ComponentChildren }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <button class={`button ${main ? "is-main" : ""}`} type="button" ref={button} onClick={onClick}>
      {children}
    </button>
  );
}

export const Working = ({ children }: { children: ComponentChildren }) => (
  <p class="working" role="status">
    <span class="spinner" aria-hidden="true" />
    <span>{children}</span>
  </p>
);
