/** Passwords and tokens: whether they are set, and a new one in their place. They are never shown. */

import { useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import { t } from "../words";
import { type SecretNow, setSecret } from "./api";

export function Secrets({ secrets, onSecret }: { secrets: readonly SecretNow[]; onSecret: (secret: SecretNow) => void }) {
  if (!secrets.length) return null;
  return (
    <section class="panel set-secrets">
      <h2>{t("Passwords and tokens")}</h2>
      <p class="dim">{t("They are kept sealed, apart from the file, and never shown again.")}</p>
      {secrets.map((secret) => (
        <SecretRow key={secret.name} secret={secret} label={secret.name} onSecret={onSecret} />
      ))}
    </section>
  );
}

/** A secret of a form has a `label` in words. */
export function SecretRow({ secret, label, onSecret }: { secret: SecretNow; label: string; onSecret: (secret: SecretNow) => void }) {
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState("");
  const [error, setError] = useState<unknown>(null);
  const keep = (next: string | null): void => {
    setError(null);
    setSecret(secret.name, next).then((found) => {
      setValue("");
      setOpen(false);
      onSecret(found);
    }, setError);
  };
  return (
    <div class="set-secret">
      <span class="set-secret-name">
        {label === secret.name ? <code>{label}</code> : label}
        <span class={secret.is_set ? "set-own" : "dim"}>{secret.given ? t("set by the system") : secret.is_set ? t("set") : t("not set")}</span>
      </span>
      {secret.given ? null : open ? (
        <form
          class="set-secret-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (value) keep(value);
          }}
        >
          {secret.name.endsWith(".key") || secret.name.endsWith("urls") ? (
            <textarea rows={4} value={value} autocomplete="off" spellcheck={false} aria-label={t("New {label}", { label })} onInput={(event) => setValue(event.currentTarget.value)} />
          ) : (
            <input type="password" value={value} autocomplete="new-password" aria-label={t("New {label}", { label })} onInput={(event) => setValue(event.currentTarget.value)} />
          )}
          <button class="button is-main" type="submit" disabled={!value}>
            {t("Keep")}
          </button>
          <button class="button is-plain" type="button" onClick={() => setOpen(false)}>
            {t("Cancel")}
          </button>
        </form>
      ) : (
        <span class="row">
          <button class="button is-small" type="button" aria-label={secret.is_set ? t("Replace {label}", { label }) : t("Set {label}", { label })} onClick={() => setOpen(true)}>
            {secret.is_set ? t("Replace") : t("Set")}
          </button>
          {secret.is_set ? (
            <button class="button is-small is-plain" type="button" aria-label={t("Forget {label}", { label })} onClick={() => keep(null)}>
              {t("Forget")}
            </button>
          ) : null}
        </span>
      )}
      <Trouble error={error} />
    </div>
  );
}
