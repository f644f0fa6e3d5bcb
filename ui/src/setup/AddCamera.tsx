/** The page "Add a camera": find it, try it, name it, and see it live. */

import { useState } from "preact/hooks";
import { stateName } from "../format";
import { LiveView } from "../live/LiveView";
import { Dot } from "../live/Tile";
import { Head } from "../parts/bits";
import * as icons from "../parts/icons";
import { Working } from "../parts/Sheet";
import { cameras, isOwner } from "../store";
import { t } from "../words";
import { FindCameras } from "./FindCameras";
import { StepHead } from "./StepHead";

export default function AddCamera() {
  const [added, setAdded] = useState("");
  if (!isOwner.value) {
    return (
      <div class="page is-narrow">
        <Head title={t("Add a camera")} />
        <p class="note">{t("Only the owner of the house can add cameras.")}</p>
      </div>
    );
  }
  return (
    <div class="page is-narrow">
      <a class="find-back dim" href="/cameras">
        <icons.Back size={18} /> {t("Cameras")}
      </a>
      <Head title={t("Add a camera")} />
      {added ? <Added camera={added} onNext={() => setAdded("")} /> : <FindCameras onAdded={setAdded} />}
    </div>
  );
}

function Added({ camera: id, onNext }: { camera: string; onNext: () => void }) {
  const camera = cameras.value.find((each) => each.id === id);
  return (
    <section class="panel find-step">
      <StepHead title={t("{camera} is yours", { camera: camera?.name ?? id })}>
        {camera ? (
          <>
            <Dot state={camera.state} /> {stateName(camera.state)}
          </>
        ) : (
          t("Taking it up…")
        )}
      </StepHead>
      {camera ? (
        <div class="stage is-wide">
          <LiveView camera={camera} stream="main" />
        </div>
      ) : (
        <Working>{t("It is written down; the recorder connects now.")}</Working>
      )}
      <div class="sheet-foot">
        <button class="button" type="button" onClick={onNext}>
          {t("Add another")}
        </button>
        <a class="button is-main" href={`/cameras/${encodeURIComponent(id)}`}>
          {t("Open it")}
        </a>
      </div>
    </section>
  );
}
