/** Settings: notifications of this device, of one's others, and the page as an app. */

import { useEffect, useState } from "preact/hooks";
import { ago } from "../format";
import { Trouble, useLoaded } from "../parts/bits";
import { isOwner, now_us } from "../store";
import { said, t } from "../words";
import { install, offered } from "./install";
import { isApple, isInstalled, notifyMe, type Obstacle, obstacle, ownMark, ownName, type PushDevice, push, stop } from "./push";

const WHY: Record<Exclude<Obstacle, "ready">, string> = {
  plain: said("Browsers give notifications to encrypted pages only. Open this page by its https:// address, from a name whose certificate this device trusts."),
  install: said("On an iPhone or iPad, put Hearthwatch on the Home Screen first (below), open it there, and come back to this page."),
  none: said("This browser cannot show notifications of a page. Chrome, Edge, Firefox and Safari can, outside of private windows."),
  certificate: said("This browser does not trust the house's own certificate, and gives notifications only to pages it trusts. See “How you reach this page” below."),
  denied: said("Notifications of this page are blocked here. Allow them in the browser's settings for this site, then reload the page."),
};

/** `onNotified` hears that this device is one that is notified. */
export function PushCard({ onNotified }: { onNotified?: () => void }) {
  const [devices, failed, setDevices] = useLoaded(() => push.devices(), []);
  const [state, setState] = useState<Obstacle | null>(null);
  const [mark, setMark] = useState("");
  const [name, setName] = useState(ownName);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState("");
  const [error, setError] = useState<unknown>(null);
  const look = async (): Promise<void> => {
    setState(await obstacle());
    setMark(await ownMark());
  };
  useEffect(() => void look().catch(setError), []);
  const run = (work: () => Promise<string>): void => {
    setBusy(true);
    setError(null);
    setOutcome("");
    work()
      .then(setOutcome, setError)
      .then(async () => {
        setDevices(await push.devices());
        await look();
      })
      .catch(() => undefined)
      .finally(() => setBusy(false));
  };
  const own = devices?.find((device) => device.mark === mark && device.mine);
  useEffect(() => {
    if (own) onNotified?.();
  }, [own?.id]);
  const others = devices?.filter((device) => device !== own) ?? [];
  return (
    <section class="panel push">
      <h2>{t("Notifications on this device")}</h2>
      <p class="dim">{t("Alerts with their picture, encrypted so that only this device can read them. They go on when you log out; take the device off this list to end them.")}</p>
      {state === null || !devices ? null : own ? (
        <div class="row">
          <span class="push-name">
            <strong>{own.name}</strong> <span class="dim">{own.sent_us ? t("is notified, last {ago}", { ago: ago(own.sent_us, now_us.value) }) : t("is notified")}</span>
          </span>
          <span class="spacer" />
          <button class="button" type="button" disabled={busy} onClick={() => run(() => push.test(own.id).then(() => t("A test is on its way to this device.")))}>
            {t("Send a test")}
          </button>
          <button class="button is-plain" type="button" disabled={busy} onClick={() => run(() => stop().then(() => push.remove(own.id)).then(() => ""))}>
            {t("Stop")}
          </button>
        </div>
      ) : state === "ready" ? (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            run(() => notifyMe(name.trim() || ownName()).then(() => t("This device is notified from now on. Send it a test to see how.")));
          }}
        >
          <input class="push-as" aria-label={t("Name of this device")} maxLength={64} value={name} onInput={(event) => setName(event.currentTarget.value)} />
          <button class="button is-main" type="submit" disabled={busy}>
            {t("Notify this device")}
          </button>
        </form>
      ) : (
        <p class="note" role="note">
          {t(WHY[state])}
        </p>
      )}
      <p class="hint" role="status">
        {outcome}
      </p>
      <Trouble error={error ?? failed} />
      {others.length ? <Others devices={others} onRemove={(id) => run(() => push.remove(id).then(() => ""))} /> : null}
      <Install />
    </section>
  );
}

function Others({ devices, onRemove }: { devices: PushDevice[]; onRemove: (id: string) => void }) {
  const [leaving, setLeaving] = useState("");
  return (
    <>
      <h3>{isOwner.value ? t("Other devices that are notified") : t("Your other devices")}</h3>
      <ul class="phones">
        {devices.map((device) => (
          <li key={device.id} class="row">
            <span class="push-name">
              <strong>{device.name}</strong>{" "}
              <span class="dim">
                {device.mine ? "" : `${t("of {user}", { user: device.user })}, `}
                {device.sent_us ? t("last notified {ago}", { ago: ago(device.sent_us, now_us.value) }) : t("not notified yet")}
              </span>
            </span>
            <span class="spacer" />
            <button class={`button${leaving === device.id ? "" : " is-plain"}`} type="button" aria-label={leaving === device.id ? t("Really remove {device}", { device: device.name }) : t("Remove {device}", { device: device.name })} onClick={() => (leaving === device.id ? onRemove(device.id) : setLeaving(device.id))}>
              {leaving === device.id ? t("Really remove") : t("Remove")}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function Install() {
  if (isInstalled()) return null;
  return (
    <>
      <h3>{t("As an app")}</h3>
      {offered.value ? (
        <div class="row">
          <button class="button" type="button" onClick={() => void install()}>
            {t("Install Hearthwatch")}
          </button>
          <span class="hint">{t("It gets an icon and a window of its own.")}</span>
        </div>
      ) : (
        <p class="hint">
          {isApple()
            ? t("Tap Share (the square with the arrow), then “Add to Home Screen”.")
            : t("Your browser's menu has “Install app” or “Add to Home screen”, once it trusts the page's certificate.")}
        </p>
      )}
    </>
  );
}
