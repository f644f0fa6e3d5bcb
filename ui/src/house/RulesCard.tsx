/** Which camera tells of what in which mode, and whom: a table whose cells can be pressed. */

import { useState } from "preact/hooks";
import { labelName } from "../format";
import { seen } from "../labels";
import { Trouble, useLoaded } from "../parts/bits";
import { arming } from "../arming";
import { house } from "../store";
import { t } from "../words";
import { houseApi, type Rule, type Rules } from "./api";
import { Routes } from "./Routes";
import { MODES, modeName } from "./words";

/** Seconds after which who stays is told again; 0 is never. */
const WAITS = [0, 300, 900, 3600];

export function RulesCard() {
  const [mode, setMode] = useState(arming.value?.mode ?? "away");
  const [found, error, setFound] = useLoaded(() => houseApi.rules(), []);
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState("");
  if (!found) return <Trouble error={error} />;
  const labels = [...new Set(found.cameras.flatMap((each) => each.labels))];
  const changed = (camera: string, change: (rule: Rule) => Rule): Rules => ({ ...found, cameras: found.cameras.map((each) => (each.camera === camera ? change(each) : each)) });
  const press = async (rule: Rule, label: string): Promise<void> => {
    const before = rule.told[mode] ?? [];
    const told = !before.includes(label);
    setBusy(`${rule.camera}/${label}`);
    setFailed(null);
    try {
      await houseApi.setRule(rule.camera, mode, label, told);
      setFound(changed(rule.camera, (each) => ({ ...each, told: { ...each.told, [mode]: told ? [...before, label] : before.filter((one) => one !== label) } })));
    } catch (trouble) {
      setFailed(trouble);
    }
    setBusy("");
  };
  const enable = async (rule: Rule): Promise<void> => {
    try {
      await houseApi.setEnabled(rule.camera, !rule.enabled);
      setFound(changed(rule.camera, (each) => ({ ...each, enabled: !each.enabled })));
    } catch (trouble) {
      setFailed(trouble);
    }
  };
  const remind = async (rule: Rule, wait: number): Promise<void> => {
    setFailed(null);
    try {
      await houseApi.setRemind(rule.camera, wait);
      setFound(changed(rule.camera, (each) => ({ ...each, remind_s: wait })));
    } catch (trouble) {
      setFailed(trouble);
    }
  };
  return (
    <section class="panel" aria-label={t("Alert rules")}>
      <h2>{t("Who is told of what")}</h2>
      <div class="segmented is-modes" role="group" aria-label={t("Mode of the house")}>
        {Object.entries(MODES).map(([key, name]) => (
          <button key={key} type="button" aria-pressed={mode === key} onClick={() => setMode(key as typeof mode)}>
            {t(name)}
          </button>
        ))}
      </div>
      {mode === "disabled" ? <p class="dim">{t("While the house is disabled nobody is told of visitors. What happens to the cameras themselves is told all the same.")}</p> : null}
      <div class="matrix-frame">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">{t("Camera")}</th>
              {labels.map((label) => (
                <th scope="col" key={label}>
                  {labelName("object", label)}
                </th>
              ))}
              <th scope="col">{t("Picture")}</th>
              <th scope="col">{t("Who stays")}</th>
            </tr>
          </thead>
          <tbody>
            {found.cameras.map((rule) => (
              <tr key={rule.camera} class={rule.enabled ? "" : "is-off"}>
                <th scope="row">
                  <button class="link matrix-camera" type="button" aria-pressed={rule.enabled} title={rule.enabled ? t("Tells of its visitors: press to have it stay quiet") : t("Stays quiet: press to have it tell")} onClick={() => void enable(rule)}>
                    {rule.name}
                  </button>
                  <Limits rule={rule} mode={mode} />
                </th>
                {labels.map((label) => (
                  <td key={label}>
                    {rule.labels.includes(label) ? (
                      <button
                        type="button"
                        class="cell"
                        role="switch"
                        aria-checked={rule.told[mode]?.includes(label) ?? false}
                        aria-label={[rule.name, seen(label), modeName(mode)].join(", ")}
                        disabled={mode === "disabled" || !rule.enabled || busy !== ""}
                        onClick={() => void press(rule, label)}
                      />
                    ) : (
                      <span class="dim" aria-label={t("is not looked for")}>
                        –
                      </span>
                    )}
                  </td>
                ))}
                <td class="dim">{rule.send_clip ? t("and clip") : rule.send_picture ? t("yes") : t("no")}</td>
                <td>
                  <select class="is-quiet" aria-label={t("{camera}: who stays is told again", { camera: rule.name })} value={String(rule.remind_s)} disabled={!rule.enabled} onChange={(event) => void remind(rule, Number(event.currentTarget.value))}>
                    {[...new Set([...WAITS, rule.remind_s])].map((wait) => (
                      <option key={wait} value={String(wait)}>
                        {wait ? t("again every {n} min", { n: Math.round(wait / 6) / 10 }) : t("told once")}
                      </option>
                    ))}
                  </select>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Trouble error={failed} />
      <h3>{t("Told to")}</h3>
      {found.ways.length ? (
        <Routes found={found} onFound={setFound} />
      ) : (
        <p class="dim">{house.value?.name ? t("Nobody yet: alerts stay on this page. Telegram or e-mail brings them to whoever cares for {house}.", { house: house.value.name }) : t("Nobody yet: alerts stay on this page. Telegram or e-mail brings them to you.")}</p>
      )}
      <p class="hint">{t("Each press is written into the configuration file and counts within seconds. The first table is about visitors: what happens to a camera itself is told in every mode.")}</p>
    </section>
  );
}

function Limits({ rule, mode }: { rule: Rule; mode: string }) {
  const limits = [
    ...(rule.enabled ? [] : [t("stays quiet")]),
    ...(rule.private.includes(mode) ? [t("private in this mode")] : []),
    ...(rule.zones[mode]?.length ? [t("only in {zones}", { zones: rule.zones[mode].join(", ") })] : []),
    ...(rule.times.length ? [t("only {times}", { times: rule.times.join(", ") })] : []),
    ...Object.entries(rule.label_times).map(([label, times]) => t("{label} only {times}", { label: seen(label), times: times.join(", ") })),
  ];
  return limits.length ? <span class="matrix-limits">{limits.join(" · ")}</span> : null;
}
