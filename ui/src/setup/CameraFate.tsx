/** Calling a camera otherwise, and watching it no more: two small doors at the end of its page. */

import { useEffect, useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import { First, Sheet } from "../parts/Sheet";
import { go } from "../router";
import { isOwner } from "../store";
import { t } from "../words";
import { cameraSetup, removed } from "./api";

/** What was said of the camera that was removed last, until the page is left. */
export function Removed() {
  useEffect(
    () => () => {
      removed.value = "";
    },
    [],
  );
  return removed.value ? (
    <p class="note" role="status">
      {removed.value}
    </p>
  ) : null;
}

export function CameraFate({ id, name }: { id: string; name: string }) {
  const [open, setOpen] = useState<"" | "rename" | "remove">("");
  if (!isOwner.value) return null;
  const close = (): void => setOpen("");
  return (
    <>
      <p class="camera-fate hint">
        <button class="link" type="button" onClick={() => setOpen("rename")}>
          {t("Rename this camera")}
        </button>
        <button class="link" type="button" onClick={() => setOpen("remove")}>
          {t("Remove it")}
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
    <Sheet title={t("Rename this camera")} eyebrow={name} onClose={onClose}>
      <form class="sheet-form" onSubmit={(event) => void save(event as unknown as SubmitEvent)}>
        <label>
          <span>{t("Name")}</span>
          <input name="name" maxLength={60} required autoFocus autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <p class="hint">{t("Its footage, events and history stay with it.")}</p>
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" onClick={onClose}>
            {t("Cancel")}
          </button>
          <button class="button is-main" type="submit" disabled={!text.trim()}>
            {t("Rename")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}

function Remove({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const remove = async (): Promise<void> => {
    setBusy(true);
    try {
      removed.value = (await cameraSetup.remove(id)).text; // told on the next page: this one goes with the camera
      go("/cameras");
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <Sheet title={t("Remove {name}?", { name })} onClose={onClose}>
      <p class="sheet-question">
        {t("It is not recorded or looked at any more, and its password is deleted here. Its footage and events stay until they are as old as the others' get. The camera itself is left as it is.")}
      </p>
      <Trouble error={error} />
      <div class="sheet-foot">
        <First onClick={onClose}>{t("No")}</First>
        <button class="button is-main" type="button" disabled={busy} onClick={() => void remove()}>
          {t("Yes, remove it")}
        </button>
      </div>
    </Sheet>
  );
}
