/** Zones and masks of one camera, as a page of its own. */

import { Empty, Head } from "../parts/bits";
import { CameraBar } from "../parts/CameraBar";
import * as icons from "../parts/icons";
import { meant, place } from "../router";
import { cameraName, isOwner } from "../store";
import { t } from "../words";
import { ZoneEditor } from "./ZoneEditor";

export default function ZonesPage() {
  const id = meant(place.value.path.split("/")[2] ?? "");
  return (
    <div class="page">
      <CameraBar id={id} here="zones" />
      <Head title={t("Zones of {camera}", { camera: cameraName(id) })} />
      {isOwner.value ? (
        <ZoneEditor camera={id} />
      ) : (
        <Empty icon={<icons.Eye size={40} />} title={t("Only the owner draws zones")}>
          {t("Ask whoever set up this house.")}
        </Empty>
      )}
    </div>
  );
}
