/** Which way takes which alerts: a table whose cells can be pressed, and what limits each way. */

import { useState } from "preact/hooks";
import { labelName } from "../format";
import { seen } from "../labels";
import { Trouble } from "../parts/bits";
import { said, t } from "../words";
import { houseApi, type Route, type Rules, type Way } from "./api";
import { own } from "../own";
import { channelName } from "./words";

const TOPICS: Record<string, string> = { visitors: said("Visitors|what alerts are about"), cameras: said("Cameras|what alerts are about"), doors: said("Log-ins and settings"), house: said("The house itself") };
const IMPORTANCE: Record<string, string> = { info: said("everything"), warn: said("what matters"), urgent: said("only what is urgent, as a person is") };

export function Routes({ found, onFound }: { found: Rules; onFound: (found: Rules) => void }) {
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const set = async (way: Way, change: Partial<Route>): Promise<boolean> => {
    const route = { ...way.route, ...change };
    setBusy(true);
    setFailed(null);
    try {
      await houseApi.setWay(way.way, route);
      onFound({ ...found, ways: found.ways.map((each) => (each.way === way.way ? { ...each, route } : each)) });
      return true;
    } catch (trouble) {
      setFailed(trouble);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const press = (way: Way, topic: string): void => {
    const { topics } = way.route;
    void set(way, { topics: Object.keys(TOPICS).filter((each) => (each === topic ? !topics.includes(each) : topics.includes(each))) });
  };
  return (
    <>
      <div class="matrix-frame">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">{t("Way")}</th>
              {Object.entries(TOPICS).map(([topic, name]) => (
                <th scope="col" key={topic}>
                  {t(name)}
                </th>
              ))}
            </tr>
          </thead>
          {found.ways.map((way) => (
            <tbody key={way.way} class="route">
              <tr class={way.used ? "" : "is-off"}>
                <th scope="row">
                  <span class="matrix-camera">{wayName(way, found)}</span>
                  {way.used ? null : <span class="matrix-limits">{t("not in use now")}</span>}
                </th>
                {Object.keys(TOPICS).map((topic) => (
                  <td key={topic}>
                    <button
                      type="button"
                      class="cell"
                      role="switch"
                      aria-checked={way.route.topics.includes(topic)}
                      aria-label={[wayName(way, found), t(own(TOPICS, topic) ?? topic)].join(", ")}
                      disabled={busy}
                      onClick={() => press(way, topic)}
                    />
                  </td>
                ))}
              </tr>
              <tr>
                <td colSpan={1 + Object.keys(TOPICS).length}>
                  <Limit way={way} found={found} busy={busy} onSet={(change) => set(way, change)} />
                </td>
              </tr>
            </tbody>
          ))}
        </table>
      </div>
      <Trouble error={failed} />
      {found.ways.some((way) => way.used && way.route.topics.length) ? null : <p class="trouble">{t("As it stands nobody is told of anything: alerts stay on this page.")}</p>}
    </>
  );
}

const wayName = (way: Way, found: Rules): string => channelName(way.kind, way.who || (way.kind === "email" ? (found.recipients.find((each) => each.channel === "email")?.who ?? "") : ""));

function summary({ route }: Way, found: Rules): string {
  const name = (camera: string): string => found.cameras.find((each) => each.camera === camera)?.name ?? camera;
  const limits = [
    ...(route.importance === "info" ? [] : [t(own(IMPORTANCE, route.importance) ?? route.importance)]),
    ...(route.cameras.length ? [t("only {cameras}", { cameras: route.cameras.map(name).join(", ") })] : []),
    ...(route.labels.length ? [t("only {labels}", { labels: route.labels.map(seen).join(", ") })] : []),
    ...(route.times.length ? [t("only {times}", { times: route.times.join(", ") })] : []),
  ];
  return limits.join(" · ") || t("no limits");
}

function Limit({ way, found, busy, onSet }: { way: Way; found: Rules; busy: boolean; onSet: (change: Partial<Route>) => Promise<boolean> }) {
  const [times, setTimes] = useState(way.route.times.join(", "));
  const labels = [...new Set(found.cameras.flatMap((each) => each.labels))];
  const written = times.split(/,\s+|\n|;/).map((each) => each.trim()).filter(Boolean);
  return (
    <details>
      <summary>{summary(way, found)}</summary>
      <div class="route-limits">
        <label class="route-row">
          <span>{t("How important")}</span>
          <select value={way.route.importance} disabled={busy} onChange={(event) => void onSet({ importance: event.currentTarget.value })}>
            {Object.entries(IMPORTANCE).map(([key, name]) => (
              <option key={key} value={key}>
                {t(name)}
              </option>
            ))}
          </select>
        </label>
        <Some name={t("Only these cameras")} all={found.cameras.map((each) => [each.camera, each.name])} on={way.route.cameras} busy={busy} onPick={(cameras) => void onSet({ cameras })} />
        <Some name={t("Only these visitors")} all={labels.map((label) => [label, labelName("object", label)])} on={way.route.labels} busy={busy} onPick={(picked) => void onSet({ labels: picked })} />
        <form
          class="route-row"
          onSubmit={(event) => {
            event.preventDefault();
            void onSet({ times: written });
          }}
        >
          <label>
            <span>{t("Only at these times")}</span>
            <input value={times} placeholder="mon-fri 07:00-22:00" maxLength={200} spellcheck={false} onInput={(event) => setTimes(event.currentTarget.value)} />
          </label>
          <button class="button is-small" disabled={busy || written.join() === way.route.times.join()}>
            {t("Save")}
          </button>
        </form>
        <p class="hint">{t("Nothing chosen means all of them; no time means always. What happens at another time does not come later by this way.")}</p>
      </div>
    </details>
  );
}

function Some({ name, all, on, busy, onPick }: { name: string; all: readonly (readonly [string, string])[]; on: readonly string[]; busy: boolean; onPick: (on: string[]) => void }) {
  return (
    <div class="route-row">
      <span>{name}</span>
      <div class="chips" role="group" aria-label={name}>
        {all.map(([key, text]) => (
          <button key={key} type="button" class="chip" aria-pressed={on.includes(key)} disabled={busy} onClick={() => onPick(on.includes(key) ? on.filter((each) => each !== key) : [...on, key])}>
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
