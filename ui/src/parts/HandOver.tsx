/** Footage for somebody else: one zip of this camera and others at the same time, with the hashes that prove it. */

import { useState } from "preact/hooks";
import { access } from "../accounts/api";
import { prove } from "../accounts/proving";
import { address } from "../ask";
import { cameraName, cameras, may } from "../store";
import { t } from "../words";
import * as icons from "./icons";

export function HandOver({ camera, start_us, end_us }: { camera: string; start_us: number; end_us: number }) {
  const [others, setOthers] = useState<string[]>([]);
  const all = cameras.value.filter((each) => each.id !== camera);
  const toggle = (id: string): void => setOthers(others.includes(id) ? others.filter((each) => each !== id) : [...others, id]);
  const take = async (): Promise<void> => {
    // a file that is fetched cannot ask by itself whether it is still you
    const { fresh } = await access.own();
    if (fresh || (await prove())) location.assign(address("/case.zip", { camera: [camera, ...others], start_us, end_us }));
  };
  if (!may("export")) return null;
  return (
    <details class="hand-over">
      <summary>{t("For somebody else")}</summary>
      <p class="hint">{t("A zip with the video as the camera sent it, a text that says what it shows and what is missing, and hashes that prove nothing was changed.")}</p>
      {all.length ? (
        <fieldset>
          <legend class="hint">{t("And what was seen then by")}</legend>
          {all.map((each) => (
            <label class="tick" key={each.id}>
              <input type="checkbox" checked={others.includes(each.id)} onChange={() => toggle(each.id)} /> {each.name}
            </label>
          ))}
        </fieldset>
      ) : null}
      <button class="button" type="button" onClick={() => void take()}>
        <icons.Down size={18} /> {others.length ? t("Zip of {n} cameras", { n: others.length + 1 }) : t("Zip of {camera}", { camera: cameraName(camera) })}
      </button>
    </details>
  );
}
