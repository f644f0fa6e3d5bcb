/** Which cameras this screen shows, in which order. */

import type { Camera } from "../api";
import * as icons from "../parts/icons";
import { Sheet } from "../parts/Sheet";
import { t } from "../words";
import { keep, moved, ordered, wallSet } from "./wallset";

export function Arrange({ all, onClose }: { all: Camera[]; onClose: () => void }) {
  const set = wallSet.value;
  const list = ordered(all, set);
  const ids = list.map((camera) => camera.id);
  const shown = ids.filter((id) => !set.hidden.includes(id)).length;
  return (
    <Sheet title={t("This screen")} eyebrow={t("Cameras")} onClose={onClose}>
      <p class="hint">{t("Kept on this device only: the tablet in the hall may show others than your phone.")}</p>
      <ol class="arrange">
        {list.map((camera, index) => {
          const on = !set.hidden.includes(camera.id);
          return (
            <li key={camera.id}>
              <label>
                <input
                  type="checkbox"
                  checked={on}
                  disabled={on && shown === 1}
                  onChange={() => keep({ order: ids, hidden: on ? [...set.hidden, camera.id] : set.hidden.filter((id) => id !== camera.id) })}
                />
                <span>{camera.name}</span>
              </label>
              <button class="button is-plain is-round is-up" type="button" aria-label={t("{camera} further to the front", { camera: camera.name })} disabled={index === 0} onClick={() => keep({ ...set, order: moved(ids, camera.id, -1) })}>
                <icons.Back />
              </button>
              <button class="button is-plain is-round is-down" type="button" aria-label={t("{camera} further to the back", { camera: camera.name })} disabled={index === list.length - 1} onClick={() => keep({ ...set, order: moved(ids, camera.id, 1) })}>
                <icons.Back />
              </button>
            </li>
          );
        })}
      </ol>
    </Sheet>
  );
}
