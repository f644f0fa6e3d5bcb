/** Asks for the password, a code or a passkey before something grave is done. */

import { useState } from "preact/hooks";
import { Trouble, useLoaded } from "../parts/bits";
import { Sheet } from "../parts/Sheet";
import { session, welcomeBack } from "../store";
import { t } from "../words";
import { access, entry } from "./api";
import { canPasskey, shown } from "./passkey";
import { proving } from "./proving";

export default function ProofDialog() {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [own] = useLoaded(() => access.own(), []);
  const done = proving.value;
  if (!done) return null;
  const tried = async (proof: () => Promise<Parameters<typeof access.proof>[0]>): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      welcomeBack(await access.proof(await proof()));
      done(true);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const word = String(new FormData(event.currentTarget as HTMLFormElement).get("word") ?? "");
    void tried(async () => (own?.totp && /^[\d\s]{6,8}$/.test(word) ? { code: word } : { password: word }));
  };
  const key = async (): Promise<{ challenge: string; credential: string }> => {
    const asked = await entry.askPasskey();
    return { challenge: asked.challenge, credential: await shown(asked) };
  };
  const passkey = !!own?.passkeys.length && !own.why_no_passkey && canPasskey();
  return (
    <Sheet title={t("First show that it is you")} eyebrow={session.value?.user?.name ?? ""} onClose={() => done(false)}>
      <p class="sheet-question">{t("This is asked for what is hard to undo. It then holds for five minutes.")}</p>
      <form class="sheet-form" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <label>
          {own?.totp ? t("Your password, or a code of your app") : t("Your password")}
          <input name="word" type="password" autocomplete="current-password" maxLength={128} required autoFocus />
        </label>
        <Trouble error={error} />
        <div class="sheet-foot">
          {passkey ? (
            <button class="button" type="button" disabled={busy} onClick={() => void tried(key)}>
              {t("Use a passkey")}
            </button>
          ) : null}
          <button class="button is-main" type="submit" disabled={busy}>
            {t("Go on")}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
