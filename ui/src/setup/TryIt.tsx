/** One log-in at a camera that was found: the password is asked for once, and tried once a press. */

import { useState } from "preact/hooks";
import { vendorName } from "../doors/words";
import { Trouble } from "../parts/bits";
import { Working } from "../parts/Sheet";
import { t } from "../words";
import { cameraSetup, type CameraTrial, type Candidate, isThisMachine, titleOf } from "./api";
import type { Login } from "./FindCameras";
import { StepHead } from "./StepHead";

export function Fields({ login, onLogin, disabled, optional = false }: { login: Login; onLogin: (login: Login) => void; disabled: boolean; optional?: boolean }) {
  return (
    <>
      <label>
        <span>{optional ? t("Name to log in with (if it has one)") : t("Name to log in with")}</span>
        <input name="camera-user" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={64} required={!optional} disabled={disabled} value={login.user} onInput={(event) => onLogin({ ...login, user: event.currentTarget.value })} />
      </label>
      <label>
        <span>{t("Password of the camera")}</span>
        <input name="camera-password" type="password" autocomplete="off" maxLength={128} disabled={disabled} value={login.password} onInput={(event) => onLogin({ ...login, password: event.currentTarget.value })} />
      </label>
    </>
  );
}

export function TryIt({
  candidate,
  login,
  onLogin,
  onBack,
  onTried,
}: {
  candidate: Candidate;
  login: Login;
  onLogin: (login: Login) => void;
  onBack: () => void;
  onTried: (trial: CameraTrial) => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [channel, setChannel] = useState(1);
  const vendor = candidate.vendor ? vendorName(candidate.vendor) : "";
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { host, port, tls } = candidate;
      onTried(await cameraSetup.try({ host, port, tls, vendor: candidate.vendor, channel, ...login, allow_loopback: isThisMachine(host) }));
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <section class="panel find-step">
      <StepHead title={titleOf(candidate, vendor)} busy={busy} onBack={onBack}>
        {[candidate.host, vendor, candidate.firmware && t("firmware {version}", { version: candidate.firmware })].filter(Boolean).join(" · ")}
      </StepHead>
      <form class="sheet-form" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <Fields login={login} onLogin={onLogin} disabled={busy} />
        <details class="find-more">
          <summary>{t("It is a recorder with several cameras")}</summary>
          <label>
            <span>{t("Which of its cameras, from 1")}</span>
            <input name="channel" type="number" min={1} max={64} disabled={busy} value={channel} onInput={(event) => setChannel(Number(event.currentTarget.value) || 1)} />
          </label>
        </details>
        {busy ? <Working>{t("Logging in once, reading its streams and watching them for a few seconds…")}</Working> : null}
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" disabled={busy} onClick={onBack}>
            {t("Back")}
          </button>
          <button class="button is-main" type="submit" disabled={busy || !login.user}>
            {t("Log in and show the picture")}
          </button>
        </div>
        <p class="hint">{t("The password goes to this camera only, once a press. It is kept sealed on this machine, never in the configuration file. For the next camera it is filled in again.")}</p>
      </form>
    </section>
  );
}
