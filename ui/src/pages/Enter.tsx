/** The door of the page: claim a new house with the code from the console, or log in. */

import { useState } from "preact/hooks";
import { entry } from "../accounts/api";
import { canPasskey, shown } from "../accounts/passkey";
import { api, type Session } from "../api";
import { ApiError } from "../ask";
import { Hearth } from "../parts/icons";
import { Trouble } from "../parts/bits";
import { session, welcome } from "../store";
import { choose, language, type Language, LANGUAGES, t } from "../words";

/** Each language by its own name: whoever cannot read this one finds theirs. */
const Languages = () => (
  <p class="enter-languages">
    {(Object.keys(LANGUAGES) as Language[]).map((each, index) => (
      <>
        {index ? " · " : null}
        <button key={each} class="link" type="button" lang={each} aria-pressed={each === language()} onClick={() => choose(each)}>
          {LANGUAGES[each]}
        </button>
      </>
    ))}
  </p>
);

export function Enter() {
  const claimed = session.value?.claimed ?? true;
  const [second, setSecond] = useState<Session["second"]>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const enter = async (asking: () => Promise<Session>): Promise<void> => {
    setError(null);
    setBusy(true);
    try {
      const found = await asking();
      if (found.second) setSecond(found.second);
      else welcome(found);
    } catch (failed) {
      if (failed instanceof ApiError && failed.status === 409 && second) setSecond(null);
      setError(failed);
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "");
    if (!claimed && text("password") !== text("again")) {
      setError(new Error(t("The two passwords differ.")));
      return;
    }
    if (second) void enter(() => entry.second(second.key, text("code")));
    else if (claimed) void enter(() => api.login(text("name"), text("password")));
    else void enter(() => api.claim(text("code"), text("name"), text("password")));
  };
  const passkey = (): void =>
    void enter(async () => {
      const asked = await entry.askPasskey();
      return entry.passkey(asked.challenge, await shown(asked));
    });

  const refused = session.value?.passwords_accepted === false;
  const passkeys = claimed && session.value?.passkeys === true && canPasskey();
  const button = second ? t("Go on") : claimed ? t("Log in") : t("Claim this house");
  return (
    <main class="enter">
      <form class="enter-card" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
        <div class="enter-mark">
          <Hearth size={44} />
        </div>
        <h1>{second ? t("One thing more") : claimed ? t("Welcome home") : t("Make this house yours")}</h1>
        <p class="dim">
          {second
            ? second.totp
              ? t("Enter the code your app shows now, or one of your recovery codes.")
              : t("Your account opens with a passkey.")
            : claimed
              ? t("Log in to see your cameras.")
              : t("Hearthwatch printed a one-time code where it was started. With it you make the owner's account; nobody else can after that.")}
        </p>
        {refused ? (
          <p class="trouble" role="alert">
            <strong>{t("Passwords are not taken over plain HTTP.")}</strong> <span>{t("Open the https:// address Hearthwatch printed, or http://127.0.0.1 on the machine itself.")}</span>
          </p>
        ) : second ? (
          <>
            {second.totp ? (
              <label key="second">
                <span>{t("Code")}</span>
                <input class="code" name="code" placeholder="000000" autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} maxLength={24} required autofocus />
              </label>
            ) : null}
            {second.passkey && !passkeys ? <p class="hint">{t("No passkey works at this address: open the page by its name, with https.")}</p> : null}
          </>
        ) : (
          <>
            {claimed ? null : (
              <label>
                <span>{t("Code from the console")}</span>
                <input class="code" name="code" placeholder="XXXX-XXXX" autocomplete="one-time-code" autocapitalize="characters" spellcheck={false} required autofocus />
              </label>
            )}
            <label>
              <span>{t("Name")}</span>
              <input name="name" autocomplete="username" autocapitalize="none" maxLength={64} required autofocus={claimed} />
            </label>
            <label>
              <span>{t("Password")}</span>
              <input name="password" type="password" autocomplete={claimed ? "current-password" : "new-password"} minLength={claimed ? 1 : 12} maxLength={128} required />
            </label>
            {claimed ? null : (
              <>
                <label>
                  <span>{t("The password again")}</span>
                  <input name="again" type="password" autocomplete="new-password" maxLength={128} required />
                </label>
                <p class="hint">{t("12 characters or more. Three or four random words do well.")}</p>
              </>
            )}
          </>
        )}
        <Trouble error={error} />
        {refused || (second && !second.totp) ? null : (
          <button class="button is-main" type="submit" disabled={busy}>
            {busy ? t("One moment…") : button}
          </button>
        )}
        {passkeys && (!second || second.passkey) ? (
          <button class="button" type="button" disabled={busy} onClick={passkey}>
            {t("Log in with a passkey")}
          </button>
        ) : null}
        {second ? (
          <button
            class="button is-plain"
            type="button"
            onClick={() => {
              setSecond(null);
              setError(null);
            }}
          >
            {t("Begin again")}
          </button>
        ) : null}
        <Languages />
      </form>
    </main>
  );
}
