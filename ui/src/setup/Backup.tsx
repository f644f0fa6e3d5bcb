/** Step of the set-up: where copies go, sealed or not, and a try that says what the far end proves. */

import { useState } from "preact/hooks";
import { type Change, type Config, readConfig, save, setSecret, valueAt } from "../config/api";
import { Chips, Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { rich, said, t } from "../words";
import { freeName } from "../zones/shapes";
import { Ended } from "./Telling";
import { type Trial, welcome } from "./welcome";
import type { StepProps } from "./Wizard";

type Kind = "sftp" | "s3" | "folder";
const KINDS: [Kind, string][] = [
  ["sftp", said("A computer (SFTP)")],
  ["s3", said("A bucket (S3)")],
  ["folder", said("A disk or shared folder")],
];
type Field = [key: string, label: string, placeholder: string];
const FIELDS: Record<Kind, Field[]> = {
  sftp: [
    ["host", said("Its name or address"), "nas.local"],
    ["user", said("Account there"), "hearthwatch"],
    ["path", said("Folder there"), "hearthwatch"],
  ],
  s3: [
    ["endpoint", said("Address of the service"), "https://s3.eu-central-1.amazonaws.com"],
    ["bucket", said("Bucket"), "my-house"],
    ["region", said("Region"), "us-east-1"],
    ["access_key", said("Id of the access key"), ""],
  ],
  folder: [["path", said("Folder on this machine"), "/mnt/backup"]],
};
const SECRETS: Record<Kind, Field | null> = {
  sftp: ["password", said("Password there"), ""],
  s3: ["secret_key", said("Secret of the access key"), ""],
  folder: null,
};

export function Backup({ onDone }: StepProps) {
  const [config, failed, setConfig] = useLoaded(readConfig, []);
  const [adding, setAdding] = useState(false);
  if (!config) return <Trouble error={failed} />;
  const again = async (): Promise<void> => setConfig(await readConfig());
  const targets = config.sections.filter((section) => section.pattern.join(".") === "offsite.targets.NAME");
  return (
    <>
      <Sealing config={config} again={again} />
      {targets.map((section) => (
        <Target key={section.path[2]} config={config} name={section.path[2] ?? ""} again={again} onDone={onDone} />
      ))}
      {adding || !targets.length ? (
        <NewTarget
          config={config}
          taken={targets.map((section) => section.path[2] ?? "")}
          onMade={() => {
            setAdding(false);
            void again();
          }}
        />
      ) : (
        <button class="button" type="button" onClick={() => setAdding(true)}>
          {t("One more place")}
        </button>
      )}
    </>
  );
}

/** The key pair: without one, sealed copies cannot be made; the identity is the owner's alone. */
function Sealing({ config, again }: { config: Config; again: () => Promise<void> }) {
  const [made, setMade] = useState<{ recipient: string; identity: string } | null>(null);
  const [kept, setKept] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const found = valueAt(config, ["offsite", "recipients"])?.value;
  const recipients = Array.isArray(found) ? found.map(String) : [];
  if (recipients.length && !made) {
    return (
      <p class="wizard-note">
        <icons.Shield size={18} /> {t("Copies are sealed: only who has your key file can watch them.")}
      </p>
    );
  }
  const make = (): void => {
    setError(null);
    welcome.sealKeys().then(setMade, setError);
  };
  const use = (): void => {
    if (!made) return;
    save([{ path: ["offsite", "recipients"], value: [...recipients, made.recipient] }]).then(() => {
      setMade(null);
      void again();
    }, setError);
  };
  const download = (): void => {
    if (!made) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`# public key: ${made.recipient}\n${made.identity}\n`], { type: "text/plain" }));
    link.download = "hearthwatch-identity.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    setKept(true);
  };
  return (
    <section class="panel wizard-panel">
      <h2>{t("Seal them first")}</h2>
      <p>{t("Copies are locked before they leave, so that whoever runs the far end sees nothing. You get a key file; only with it can they be opened.")}</p>
      {made ? (
        <>
          <p class="wizard-warn">
            <icons.Warn size={20} />
            <span>
              {rich("{what} and keep it twice: on a stick, in a password manager, on paper. It is shown this once. Without it nobody can open the copies, not even you.", { what: <strong>{t("Keep this file where no burglar comes,")}</strong> })}
            </span>
          </p>
          <p class="command">
            <code>{made.identity}</code>
          </p>
          <div class="row">
            <button class="button is-main" type="button" onClick={download}>
              <icons.Down size={18} /> {t("Save the key file")}
            </button>
            <label class="tick">
              <input type="checkbox" checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} /> {t("I have it in a safe place")}
            </label>
            <button class="button" type="button" disabled={!kept} onClick={use}>
              {t("Use it")}
            </button>
          </div>
        </>
      ) : (
        <button class="button is-main" type="button" onClick={make}>
          {t("Make a key")}
        </button>
      )}
      <Trouble error={error} />
    </section>
  );
}

function NewTarget({ config, taken, onMade }: { config: Config; taken: readonly string[]; onMade: () => void }) {
  const [kind, setKind] = useState<Kind>("sftp");
  const [values, setValues] = useState<Record<string, string>>({});
  const [secret, setSecretText] = useState("");
  const [isHere, setHere] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const secretField = SECRETS[kind];
  const found = valueAt(config, ["offsite", "recipients"])?.value;
  const canSeal = Array.isArray(found) && found.length > 0;
  const make = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const name = freeName(kind === "sftp" ? (values["host"]?.split(".")[0] ?? "") : kind === "s3" ? (values["bucket"] ?? "") : "disk", taken);
    const path = ["offsite", "targets", name];
    const changes: Change[] = [{ path: [...path, "kind"], value: kind }];
    for (const [key] of FIELDS[kind]) if (values[key]?.trim()) changes.push({ path: [...path, key], value: values[key].trim() });
    if (isHere) changes.push({ path: [...path, "on_lan"], value: true }, { path: [...path, "sealed"], value: canSeal });
    try {
      await save(changes);
      if (secretField && secret) await setSecret(`offsite.${name}.${secretField[0]}`, secret);
      onMade();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <section class="panel wizard-panel">
      <h2>{t("A place for copies")}</h2>
      <Chips name={t("Kind of place")} value={kind} all={KINDS.map(([key, label]) => [key, t(label)] as const)} onPick={(next) => setKind(next as Kind)} />
      <form
        class="sheet-form wizard-form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        {FIELDS[kind].map(([key, label, placeholder]) => (
          <label key={key}>
            {t(label)}
            <input type="text" autocomplete="off" spellcheck={false} value={values[key] ?? ""} placeholder={placeholder} onInput={(event) => setValues({ ...values, [key]: event.currentTarget.value })} />
          </label>
        ))}
        {secretField ? (
          <label>
            {t(secretField[1])}
            <input type="password" autocomplete="new-password" value={secret} onInput={(event) => setSecretText(event.currentTarget.value)} />
          </label>
        ) : null}
        <label class="tick is-wide">
          <input type="checkbox" checked={isHere} onChange={(event) => setHere(event.currentTarget.checked)} /> {canSeal ? t("It stands in my own home") : t("It stands in my own home (then copies need no seal)")}
        </label>
        {!canSeal && !isHere ? <p class="hint is-wide">{t("Make a key first: nothing leaves your home unsealed.")}</p> : null}
        <button class="button is-main" type="submit" disabled={busy || (!canSeal && !isHere)}>
          {t("Save this place")}
        </button>
      </form>
      <Trouble error={error} />
    </section>
  );
}

function Target({ config, name, again, onDone }: { config: Config; name: string; again: () => Promise<void>; onDone: (done: boolean) => void }) {
  const [trial, setTrial] = useState<Trial | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const path = ["offsite", "targets", name];
  const value = (key: string): string => String(valueAt(config, [...path, key])?.value ?? "");
  const kind = value("kind");
  const test = async (create = false): Promise<void> => {
    setBusy(true);
    setTrial(null);
    setError(null);
    try {
      const found = await welcome.target(name, create);
      setTrial(found);
      if (found.works) onDone(true);
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  const trust = async (fingerprint: string): Promise<void> => {
    setError(null);
    try {
      await save([{ path: [...path, "host_key"], value: fingerprint }]);
      await test();
      await again();
    } catch (failed) {
      setError(failed);
    }
  };
  return (
    <section class="panel wizard-panel">
      <div class="row">
        <h2>{name}</h2>
        <span class="dim">
          {kind === "sftp" ? `${value("user")}@${value("host")}` : kind === "s3" ? t("{bucket} at {service}", { bucket: value("bucket"), service: value("endpoint").replace(/^https?:\/\//, "") }) : kind === "hub" ? t("the hub this house joined") : value("path")} · {value("sealed") === "true" ? t("sealed") : t("not sealed")}
        </span>
        <span class="spacer" />
        <button class="button is-main" type="button" disabled={busy} onClick={() => void test()}>
          {t("Try it")}
        </button>
        <button class="button is-plain" type="button" aria-label={t("Take {name} out", { name })} onClick={() => save([{ path, value: null }]).then(again, setError)}>
          {t("Take out")}
        </button>
      </div>
      {busy ? <Working>{t("Sending a few bytes there, and asking for the proof…")}</Working> : null}
      {trial?.fingerprint ? (
        <div class="wizard-note is-block">
          <p>
            {rich("This is the first time. The server shows this fingerprint: {fingerprint}. Compare it with what {command} says there.", { fingerprint: <code>{trial.fingerprint}</code>, command: <code>ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub</code> })}
          </p>
          <button class="button is-main" type="button" onClick={() => void trust(trial.fingerprint)}>
            {t("It is the right one")}
          </button>
        </div>
      ) : trial ? (
        <Ended trial={trial} />
      ) : null}
      {trial && !trial.works && kind === "folder" ? (
        <button class="button" type="button" onClick={() => void test(true)}>
          {t("The disk is mounted there: mark it as a place for copies")}
        </button>
      ) : null}
      <Trouble error={error} />
    </section>
  );
}
