/** A few words a person keeps with an event; the search finds them. */

import { useEffect, useState } from "preact/hooks";
import type { HouseEvent } from "../api";
import { Trouble } from "../parts/bits";
import { may } from "../store";
import { t } from "../words";
import { review } from "./api";

const MOST = 500;

export function Note({ event, onSaved }: { event: HouseEvent; onSaved: (event: HouseEvent) => void }) {
  const [text, setText] = useState(event.note);
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setText(event.note);
    setOpen(false);
  }, [event.id, event.note]);
  const save = (): void => {
    review.note(event.id, text).then((saved) => {
      setOpen(false);
      onSaved(saved);
    }, setError);
  };
  if (!open) {
    return (
      <div class="note-line">
        {event.note ? <p class="event-note">{event.note}</p> : null}
        {may("decide") ? (
          <button class="link" type="button" onClick={() => setOpen(true)}>
            {event.note ? t("Change the note") : t("Add a note")}
          </button>
        ) : null}
      </div>
    );
  }
  return (
    <form
      class="note-form"
      onSubmit={(submitted) => {
        submitted.preventDefault();
        save();
      }}
    >
      <label>
        {t("Note")}
        <textarea name="note" rows={3} maxLength={MOST} autoFocus value={text} onInput={(input) => setText(input.currentTarget.value)} />
      </label>
      <div class="row">
        <button class="button" type="button" onClick={() => setOpen(false)}>
          {t("Leave it")}
        </button>
        <button class="button is-main" type="submit">
          {t("Keep")}
        </button>
      </div>
      <Trouble error={error} />
    </form>
  );
}
