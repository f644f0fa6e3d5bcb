/** Above one camera's pages: back to all, and its picture, its zones or its door. */

import { isOwner } from "../store";
import { t } from "../words";
import * as icons from "./icons";

export function CameraBar({ id, here }: { id: string; here: "picture" | "zones" | "door" }) {
  const base = `/cameras/${encodeURIComponent(id)}`;
  return (
    <nav class="event-bar is-camera" aria-label={t("Camera")}>
      <a class="button is-plain" href="/cameras">
        <icons.Back size={18} /> {t("Cameras")}
      </a>
      <span class="spacer" />
      <span class="segmented">
        <a href={base} aria-current={here === "picture" ? "page" : undefined}>
          {t("Picture")}
        </a>
        {isOwner.value ? (
          <a href={`${base}/zones`} aria-current={here === "zones" ? "page" : undefined}>
            {t("Zones")}
          </a>
        ) : null}
        <a href={`${base}/door`} aria-current={here === "door" ? "page" : undefined}>
          {t("Door")}
        </a>
      </span>
    </nav>
  );
}
