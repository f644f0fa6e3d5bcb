/** A camera by the addresses of its streams: RTSP, MJPEG, single pictures, a webcam, a file. */

import { useState } from "preact/hooks";
import { Trouble } from "../parts/bits";
import { Working } from "../parts/Sheet";
import { rich, t } from "../words";
import { cameraSetup, type CameraTrial } from "./api";
import type { Login } from "./FindCameras";
import { StepHead } from "./StepHead";
import { Fields } from "./TryIt";

const LOCAL = /^[a-z]+:\/\/(127\.|localhost[:/]|\[::1\])/;

export function ByHand({ host = "", login, onLogin, onBack, onTried }: { host?: string; login: Login; onLogin: (login: Login) => void; onBack: () => void; onTried: (trial: CameraTrial) => void }) {
  const [main, setMain] = useState(host && `rtsp://${host}:554/`);
  const [sub, setSub] = useState("");
  const [polled, setPolled] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isHttp = /^https?:/.test(main.trim());
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const [large, small] = [main.trim(), sub.trim()];
    try {
      onTried(await cameraSetup.try({ main: large, sub: small, poll_s: isHttp && polled ? 1 : 0, ...login, allow_loopback: LOCAL.test(large) || LOCAL.test(small) }));
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <section class="panel find-step">
      <StepHead title={t("By hand")} busy={busy} onBack={onBack}>
        {host ? t("The maker's manual names the address of its stream.") : t("For a camera that gives only a stream, a webcam, or a video file.")}
      </StepHead>
      <form class="sheet-form" onSubmit={(event) => void submit(event as unknown as SubmitEvent)}>
        <label>
          <span>{t("Address of the stream")}</span>
          <input name="main" placeholder="rtsp://192.168.1.20:554/stream1" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={2048} required disabled={busy} value={main} onInput={(event) => setMain(event.currentTarget.value)} />
        </label>
        <label>
          <span>{t("Address of a smaller one, to look at (if there is one)")}</span>
          <input name="sub" placeholder="rtsp://192.168.1.20:554/stream2" autocomplete="off" autocapitalize="none" spellcheck={false} maxLength={2048} disabled={busy} value={sub} onInput={(event) => setSub(event.currentTarget.value)} />
        </label>
        {isHttp ? (
          <label class="tick">
            <input type="checkbox" name="polled" checked={polled} disabled={busy} onChange={(event) => setPolled(event.currentTarget.checked)} /> {t("It gives single pictures, not a stream: ask every second")}
          </label>
        ) : null}
        <Fields login={login} onLogin={onLogin} disabled={busy} optional />
        <p class="hint">
          {rich("Also understood: {http} for MJPEG, {v4l2} for a webcam, {picamera}, {file}. Never write the password into the address.", {
            http: <code>http://</code>,
            v4l2: <code>v4l2:///dev/video0</code>,
            picamera: <code>picamera://0</code>,
            file: <code>file:///clip.mp4</code>,
          })}
        </p>
        {busy ? <Working>{t("Watching it for a few seconds…")}</Working> : null}
        <Trouble error={error} />
        <div class="sheet-foot">
          <button class="button" type="button" disabled={busy} onClick={onBack}>
            {t("Back")}
          </button>
          <button class="button is-main" type="submit" disabled={busy || !main.trim()}>
            {t("Show the picture")}
          </button>
        </div>
      </form>
    </section>
  );
}
