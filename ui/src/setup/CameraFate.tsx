/** Calling a camera otherwise, and watching it no more: two small doors at the end of its page. */

import { useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { go } from "../router";
import { isOwner } from "../store";
import { cameraSetup } from "./api";

export function CameraFate({ id, name }: { id: string; name: string }) {
  const [open, setOpen] = useState<"" | "rename" | "remove">("");
  if (!isOwner.value) return null;
  const close = (): void => setOpen("");
  return (
    <>
      <p class="camera-fate hint">
        <button class="link" type="button" onClick={() => setOpen("rename")}>
          Rename this camera
        </button>
        <button class="link" type="button" onClick={() => setOpen("remove")}>
          Remove it
        </button>
      </p>
      {open === "rename" ? <Rename id={id} name={name} onClose={close} /> : null}
      {open === "remove" ? <Remove id={id} name={name} onClose={close} /> : null}
    </>
  );
}

function Rename({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [text, setText] = useState(name);
  const [error, setError] = useState<unknown>(null);
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      await cameraSetup.rename(id, text.trim());
      onClose();
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <Sheet title="Rename this camera" eyebrow={name} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => void save(event as unknown as SubmitEvent)}>
        <label>
          <span>Name</span>
          <input name="name" maxLength={60} required autoFocus autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <p class="hint">Its footage, events and history stay with it.</p>
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button class="button is-main" type="submit" disabled={!text.trim()}>
            Rename
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function Remove({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState("");
  const remove = (): void => void cameraSetup.remove(id).then((gone) => setDone(gone.text), setError);
  const leave = (): void => (done ? go("/cameras") : onClose());
  return (
    <Sheet title={done ? `${name} is removed` : `Remove ${name}?`} onClose={leave}>
      <p class="sheet-question">
        {done || "It is not recorded or looked at any more, and its password is deleted here. Its footage and events stay until they are as old as the others' get. The camera itself is left as it is."}
      </p>
      <Trouble error={error} />
      <div class="sheet-foot">
        {done ? (
          <First main onClick={leave}>
            Close
          </First>
        ) : (
          <>
            <First onClick={onClose}>No</First>
            <button class="button is-main" type="button" onClick={remove}>
              Yes, remove it
            </button>
          </>
        )}
      </div>
    </Sheet>
  );
}
