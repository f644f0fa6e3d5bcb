/** Rules for the router that keep the cameras off the Internet, to copy. */

import { useState } from "preact/hooks";
import { Trouble, useLoaded } from "../parts/bits";
import { t } from "../words";
import { doors } from "./api";

const KINDS: [string, string][] = [
  ["nftables", "Linux (nftables)"],
  ["openwrt", "OpenWrt"],
  ["vyos", "VyOS"],
];

export function Fence() {
  const [open, setOpen] = useState(false);
  const [kind, setKind] = useState("nftables");
  const [copied, setCopied] = useState("");
  const [found, error] = useLoaded(() => (open ? doors.fence(kind) : Promise.resolve(null)), [kind, open]);
  return (
    <details class="fence panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <strong>{t("Keep the cameras off the Internet")}</strong> <span class="dim">{t("rules for your router, ready to copy")}</span>
      </summary>
      <p class="hint">{t("A camera that reaches nobody outside cannot be reached by anybody outside. Your home, Hearthwatch and the time of day stay reachable.")}</p>
      <div class="row">
        <div class="segmented" role="group" aria-label={t("Kind of router")}>
          {KINDS.map(([key, text]) => (
            <button key={key} type="button" aria-pressed={kind === key} onClick={() => setKind(key)}>
              {text}
            </button>
          ))}
        </div>
        <button class="button" type="button" disabled={!found} onClick={() => found && void navigator.clipboard?.writeText(found.text).then(() => setCopied(kind), () => undefined)}>
          {copied === kind ? t("Copied") : t("Copy")}
        </button>
      </div>
      <Trouble error={error} />
      {found ? (
        <pre class="rules" tabIndex={0}>
          {found.text}
        </pre>
      ) : null}
    </details>
  );
}
