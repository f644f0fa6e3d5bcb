/** Whether this page is open to the internet, as far as that can be seen from within. */

import "./reach.css";
import { useState } from "preact/hooks";
import { ask } from "../ask";
import { Trouble } from "../parts/bits";
import { t } from "../words";
import { type Found, lines } from "./found";

export default function FromOutside() {
  const [found, setFound] = useState<Found | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const look = (): void => {
    setBusy(true);
    setError(null);
    ask<Found>("POST", "/welcome/outside")
      .then(setFound, setError)
      .finally(() => setBusy(false));
  };
  return (
    <div class="from-outside">
      <h3>{t("Is it open to the internet?")}</h3>
      <p class="dim">{t("Looks at this machine’s addresses and asks your router what it lets in. Nobody outside of your home is asked, so this is what can be seen from within, not a proof.")}</p>
      <div class="row">
        <button class="button" type="button" disabled={busy} onClick={look}>
          {busy ? t("Looking…") : found ? t("Look again") : t("Look now")}
        </button>
        {found?.router ? <span class="hint">{t("Answered: {router}", { router: found.router })}</span> : null}
      </div>
      <Trouble error={error} />
      <div role="status">
        {found ? (
          <ul class="outside-found">
            {lines(found).map((line) => (
              <li key={line.text} class={`is-${line.tone}`}>
                <strong>{line.text}</strong>
                {line.hint ? <span class="dim">{line.hint}</span> : null}
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      {found ? <p class="hint">{t("To be sure, switch the Wi-Fi of your phone off and open your outside address: nothing should answer.")}</p> : null}
    </div>
  );
}
