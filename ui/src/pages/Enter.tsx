/** The door of the page: claim a new house with the code from the console, or log in. */

import { useState } from "preact/hooks";
import { api } from "../api";
import { Hearth } from "../parts/icons";
import { Trouble } from "../parts/bits";
import { session, welcome } from "../store";

export function Enter() {
  const claimed = session.value?.claimed ?? true;
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "");
    setError(null);
    if (!claimed && text("password") !== text("again")) {
      setError(new Error("The two passwords differ."));
      return;
    }
    setBusy(true);
    try {
      welcome(claimed ? await api.login(text("name"), text("password")) : await api.claim(text("code"), text("name"), text("password")));
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(false);
    }
  };

  const refused = session.value?.passwords_accepted === false;
  return (
    <main class="enter">
      <form class="enter-card" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <div class="enter-mark">
          <Hearth size={44} />
        </div>
        <h1>{claimed ? "Welcome home" : "Make this house yours"}</h1>
        <p class="dim">
          {claimed
            ? "Log in to see your cameras."
            : "Hearthwatch printed a one-time code where it was started. With it you make the owner's account; nobody else can after that."}
        </p>
        {refused ? (
          <p class="trouble" role="alert">
            <strong>Passwords are not taken over plain HTTP.</strong> <span>Open the https:// address Hearthwatch printed, or http://127.0.0.1 on the machine itself.</span>
          </p>
        ) : (
          <>
            {claimed ? null : (
              <label>
                <span>Code from the console</span>
                <input class="code" name="code" placeholder="XXXX-XXXX" autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} required autofocus />
              </label>
            )}
            <label>
              <span>Name</span>
              <input name="name" autocomplete="username" autocapitalize="none" maxLength={64} required autofocus={claimed} />
            </label>
            <label>
              <span>Password</span>
              <input name="password" type="password" autocomplete={claimed ? "current-password" : "new-password"} minLength={claimed ? 1 : 12} maxLength={128} required />
            </label>
            {claimed ? null : (
              <>
                <label>
                  <span>The password again</span>
                  <input name="again" type="password" autocomplete="new-password" maxLength={128} required />
                </label>
                <p class="hint">12 characters or more. Three or four random words do well.</p>
              </>
            )}
            <Trouble error={error} />
            <button class="button is-main" type="submit" disabled={busy}>
              {busy ? "One moment…" : claimed ? "Log in" : "Claim this house"}
            </button>
          </>
        )}
      </form>
    </main>
  );
}
