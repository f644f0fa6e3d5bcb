/** A page that is fetched when somebody opens it: the first script stays small. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../words";
import { Trouble } from "./bits";

export function Lazy({ load }: { load: () => Promise<{ default: ComponentType }> }) {
  const [Page, setPage] = useState<ComponentType | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    load().then(
      (found) => setPage(() => found.default),
      () => setError(new Error(t("This page could not be fetched. Reload it."))),
    );
  }, []);
  return Page ? <Page /> : <Trouble error={error} />;
}
