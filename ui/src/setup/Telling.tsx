/** Steps of the set-up about being told: what, and by mail. */

import { useEffect, useState } from "preact/hooks";
import { type Change, type Config, readConfig, save, sendChanges, setSecret, valueAt } from "../config/api";
import { Choices, Switch } from "../config/Editors";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { cameraName } from "../store";
import { t } from "../words";
import { told } from "../words/told";
import { type Trial, welcome } from "./welcome";
import type { StepProps } from "./Wizard";

const LABELS = ["person", "car", "dog", "cat", "motion", "doorbell"];

export function Tellings({ onDone }: StepProps) {
  const [config, failed, setConfig] = useLoaded(readConfig, []);
  const [error, setError] = useState<unknown>(null);
  if (!config) return <Trouble error={failed} />;
  const ids = config.sections.filter((section) => section.pattern.join(".") === "camera.NAME").map((section) => section.path[1] ?? "");
  const put = (changes: readonly Change[]): void => {
    setError(null);
    sendChanges(config.mark, changes).then(async () => {
      setConfig(await readConfig());
      onDone(true);
    }, setError);
  };
  return (
    <>
      {ids.map((id) => {
        const path = ["camera", id, "alerts"];
        const told = valueAt(config, [...path, "labels"])?.value;
        const list = Array.isArray(told) ? told.map(String) : [];
        const picture = valueAt(config, [...path, "send_picture"])?.value === true;
        return (
          <section class="panel wizard-panel" key={id}>
            <h2>{cameraName(id)}</h2>
            <Choices id={`told-${id}`} value={list} label={t("What is told of {camera}", { camera: cameraName(id) })} describedBy="" all={[...new Set([...LABELS, ...list])]} onChange={(value) => put([{ path: [...path, "labels"], value }])} />
            <div class="wizard-switch">
              <Switch id={`picture-${id}`} value={picture} label={t("Send pictures of {camera}", { camera: cameraName(id) })} describedBy={`picture-${id}-why`} onChange={(value) => put([{ path: [...path, "send_picture"], value }])} />
              <span>
                <label for={`picture-${id}`}>{t("Send a picture with it")}</label>
                <span class="dim" id={`picture-${id}-why`}>
                  {t("Telegram and e-mail are not end-to-end encrypted: whoever runs them can see the picture.")}
                </span>
              </span>
            </div>
          </section>
        );
      })}
      <Trouble error={error} />
    </>
  );
}

const COMMON: [string, string, number, string][] = [
  ["gmail.com", "smtp.gmail.com", 587, "starttls"],
  ["gmx.net", "mail.gmx.net", 587, "starttls"],
  ["gmx.de", "mail.gmx.net", 587, "starttls"],
  ["web.de", "smtp.web.de", 587, "starttls"],
  ["outlook.com", "smtp-mail.outlook.com", 587, "starttls"],
  ["icloud.com", "smtp.mail.me.com", 587, "starttls"],
  ["fastmail.com", "smtp.fastmail.com", 465, "tls"],
  ["posteo.de", "posteo.de", 587, "starttls"],
  ["mailbox.org", "smtp.mailbox.org", 587, "starttls"],
  ["yahoo.com", "smtp.mail.yahoo.com", 465, "tls"],
];

const text = (config: Config, key: string): string => {
  const value = valueAt(config, ["alerts", "email", key])?.value;
  return Array.isArray(value) ? value.join(", ") : value === null || value === undefined ? "" : String(value);
};

export function Mail({ onDone }: StepProps) {
  const [config, failed] = useLoaded(readConfig, []);
  if (!config) return <Trouble error={failed} />;
  return <MailForm config={config} onDone={onDone} />;
}

function MailForm({ config, onDone }: StepProps & { config: Config }) {
  const [to, setTo] = useState(text(config, "to"));
  const [host, setHost] = useState(text(config, "host"));
  const [port, setPort] = useState(text(config, "port"));
  const [tls, setTls] = useState(text(config, "tls"));
  const [user, setUser] = useState(text(config, "user"));
  const [password, setPassword] = useState("");
  const [trial, setTrial] = useState<Trial | null>(null);
  const [busy, setBusy] = useState("");
  const [error, setError] = useState<unknown>(null);
  const isSet = config.secrets.some((secret) => secret.name === "alerts.email.password" && secret.is_set);
  useEffect(() => {
    const known = COMMON.find(([domain]) => to.trim().toLowerCase().endsWith(`@${domain}`));
    if (known && !host) {
      setHost(known[1]);
      setPort(String(known[2]));
      setTls(known[3]);
      if (!user) setUser(to.trim());
    }
  }, [to]);
  const send = async (): Promise<void> => {
    setError(null);
    setTrial(null);
    try {
      setBusy(t("Saving…"));
      const list = to
        .split(/[,\s]+/)
        .map((each) => each.trim())
        .filter(Boolean);
      const number = Number(port);
      await save([
        { path: ["alerts", "email", "to"], value: list },
        { path: ["alerts", "email", "host"], value: host.trim() },
        { path: ["alerts", "email", "port"], value: Number.isFinite(number) && port.trim() ? number : port },
        { path: ["alerts", "email", "tls"], value: tls },
        { path: ["alerts", "email", "user"], value: user.trim() },
      ]);
      if (password) await setSecret("alerts.email.password", password);
      setBusy(t("Sending a test mail…"));
      const found = await welcome.mail();
      setTrial(found);
      if (found.works) onDone(true);
    } catch (found) {
      setError(found);
    }
    setBusy("");
  };
  return (
    <section class="panel wizard-panel">
      <form
        class="sheet-form wizard-form"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <label class="is-wide">
          {t("Your address")}
          <input type="text" inputMode="email" autocomplete="email" value={to} placeholder="you@example.org" onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        <label>
          {t("Outgoing mail server")}
          <input type="text" autocomplete="off" value={host} placeholder="smtp.example.org" onInput={(event) => setHost(event.currentTarget.value)} />
        </label>
        <label>
          {t("Port")}
          <input type="text" inputMode="numeric" value={port} onInput={(event) => setPort(event.currentTarget.value)} />
        </label>
        <label>
          {t("Encryption")}
          <select value={tls} onChange={(event) => setTls(event.currentTarget.value)}>
            <option value="starttls">{t("STARTTLS (usual with port 587)")}</option>
            <option value="tls">{t("TLS (usual with port 465)")}</option>
            <option value="none">{t("none: only for a server at home")}</option>
          </select>
        </label>
        <label>
          {t("Name to log in with")}
          <input type="text" autocomplete="off" value={user} placeholder={t("usually the address")} onInput={(event) => setUser(event.currentTarget.value)} />
        </label>
        <label class="is-wide">
          {t("Password")}
          <input type="password" autocomplete="new-password" value={password} placeholder={isSet ? t("is set; leave empty to keep it") : ""} onInput={(event) => setPassword(event.currentTarget.value)} />
          <span class="hint">{t("Many providers want an “app password”, made in your account there, rather than your own.")}</span>
        </label>
        <button class="button is-main" type="submit" disabled={busy !== "" || !to.trim() || !host.trim()}>
          {t("Save and send a test mail")}
        </button>
      </form>
      {busy ? <Working>{busy}</Working> : null}
      {trial ? <Ended trial={trial} /> : null}
      <Trouble error={error} />
    </section>
  );
}

/** How a try ended. */
export function Ended({ trial }: { trial: Trial }) {
  return (
    <div class={`ended ${trial.works ? "is-good" : "is-bad"}`} role="status">
      <span class="ended-mark" aria-hidden="true">
        {trial.works ? <icons.Check /> : <icons.Warn />}
      </span>
      <span>
        {told(trial.text)}
        {trial.remark ? <span class="dim"> {t("Note: {remark}", { remark: told(trial.remark) })}</span> : null}
      </span>
    </div>
  );
}
