/** Above one camera's pages: back to all, and its picture or its door. */

import * as icons from "./icons";

export function CameraBar({ id, here }: { id: string; here: "picture" | "door" }) {
  const base = `/cameras/${encodeURIComponent(id)}`;
  return (
    <nav class="event-bar is-camera" aria-label="Camera">
      <a class="button is-plain" href="/cameras">
        <icons.Back size={18} /> Cameras
      </a>
      <span class="spacer" />
      <span class="segmented">
        <a href={base} aria-current={here === "picture" ? "page" : undefined}>
          Picture
        </a>
        <a href={`${base}/door`} aria-current={here === "door" ? "page" : undefined}>
          Door
        </a>
      </span>
    </nav>
  );
}
