/** Step of the set-up: who lives here, and the phones by which they are noticed. */

import { useState } from "preact/hooks";
import { type Config, readConfig, save, setSecret, valueAt } from "../config/api";
import { Trouble, useLoaded } from "../parts/bits";
import { t } from "../words";
import { freeName } from "../zones/shapes";
import type { StepProps } from "./Wizard";

const MAC = /^([0-9a-f]{2}[:-]?){5}[0-9a-f]{2}$/i;

interface Person {
  id: string;
  name: string;
  devices: string[];
}

function peopleOf(config: Config): Person[] {
  return config.sections
    .filter((section) => section.pattern.join(".") === "people.NAME")
    .map((section) => {
      const devices = section.values["devices"]?.value;
      return { id: section.path[1] ?? "", name: String(section.values["name"]?.value || section.path[1]), devices: Array.isArray(devices) ? devices.map(String) : [] };
    });
}

export function People({ onDone }: StepProps) {
  const [config, failed, setConfig] = useLoaded(readConfig, []);
  const [name, setName] = useState("");
  const [mac, setMac] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  if (!config) return <Trouble error={failed} />;
  const people = peopleOf(config);
  const has = (secret: string): boolean => config.secrets.some((each) => each.name === secret && each.is_set);
  const again = async (): Promise<void> => setConfig(await readConfig());
  const add = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const id = freeName(name, people.map((person) => person.id));
    try {
      await save([
        { path: ["people", id, "name"], value: name.trim() },
        { path: ["people", id, "devices"], value: ["phone"] },
      ]);
      if (mac.trim()) await setSecret(`people.${id}.phone.mac`, mac.trim());
      setName("");
      setMac("");
      onDone(true);
    } catch (found) {
      setError(found);
    }
    await again().catch(setError);
    setBusy(false);
  };
  const remove = (person: Person): void => {
    setError(null);
    save([{ path: ["people", person.id], value: null }]).then(again, setError);
  };
  const wrongMac = mac.trim() !== "" && !MAC.test(mac.trim());
  const disarm = valueAt(config, ["arming", "disarm"])?.value;
  return (
    <>
      {people.length ? (
        <ul class="list wizard-cameras" aria-label={t("Who lives here")}>
          {people.map((person) => (
            <li key={person.id}>
              <strong>{person.name}</strong>
              <span class="dim">
                {person.devices.length ? person.devices.map((device) => (["mac", "ble", "ping"].some((kind) => has(`people.${person.id}.${device}.${kind}`)) ? device : t("{device} (address missing)", { device }))).join(", ") : t("carries nothing yet")}
              </span>
              <span class="spacer" />
              <button class="button is-small is-plain" type="button" aria-label={t("Take {person} out", { person: person.name })} onClick={() => remove(person)}>
                {t("Take out")}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <section class="panel wizard-panel">
        <form
          class="sheet-form wizard-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() && !wrongMac) void add();
          }}
        >
          <label>
            {t("Name")}
            <input type="text" autocomplete="off" maxLength={60} value={name} placeholder="Anna" onInput={(event) => setName(event.currentTarget.value)} />
          </label>
          <label>
            {t("Wi-Fi address of the phone")}
            <input type="text" autocomplete="off" spellcheck={false} value={mac} placeholder="a4:83:e7:12:34:56" aria-invalid={wrongMac} onInput={(event) => setMac(event.currentTarget.value)} />
          </label>
          <p class="hint is-wide">
            {wrongMac ? (
              <span class="bad">{t("It has twelve digits and letters a to f, as a4:83:e7:12:34:56.")} </span>
            ) : null}
            {t("iPhone: Settings → Wi-Fi → the (i) of your network; set “Private Wi-Fi Address” to Fixed. Android: Settings → Wi-Fi → your network → Advanced; the randomised address of this network is fine. It is kept sealed and never shown again.")}
          </p>
          <button class="button is-main" type="submit" disabled={busy || !name.trim() || wrongMac}>
            {t("Add this person")}
          </button>
        </form>
        <Trouble error={error} />
      </section>
      <section class="panel wizard-panel">
        <h2>{t("When somebody comes home")}</h2>
        <div class="segmented is-set" role="group" aria-label={t("When somebody comes home")}>
          {(
            [
              ["automatic", t("Disarm by itself")],
              ["confirm", t("Ask the phone first")],
            ] as const
          ).map(([value, words]) => (
            <button key={value} type="button" aria-pressed={disarm === value} onClick={() => save([{ path: ["arming", "disarm"], value }]).then(again, setError)}>
              {words}
            </button>
          ))}
        </div>
        <p class="hint">{t("By itself, nobody has to think of it. But whoever is in your Wi-Fi already could pretend to be a phone of yours; asking the phone prevents that.")}</p>
      </section>
    </>
  );
}
