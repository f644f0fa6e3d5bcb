/** The fold on a camera's page behind which its addresses for other software are; fetched when somebody opens it. */

import { useState } from "preact/hooks";
import { Lazy } from "../parts/Lazy";
import { session } from "../store";
import { t } from "../words";

export function RelayCard({ camera }: { camera: string }) {
  const [open, setOpen] = useState(false);
  if (session.value?.user?.role === "viewer") return null;
  const load = async () => {
    const { UseElsewhere } = await import("./UseElsewhere");
    return { default: () => <UseElsewhere camera={camera} /> };
  };
  return (
    <details class="hand-over" key={camera} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("Use elsewhere: other software, the camera’s own page")}</summary>
      {open ? <Lazy load={load} /> : null}
    </details>
  );
}
