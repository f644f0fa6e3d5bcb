/** Settings: by which way this very page came, what else is open, and the certificate it shows. */

import { ask } from "../ask";
import { Trouble, useLoaded } from "../parts/bits";

/** See WayReply in the API's documentation. */
interface Way {
  client: string;
  proxy: string;
  is_hidden: boolean;
  scheme: string;
  host: string;
  where: "machine" | "home" | "outside" | "unknown";
  open: { scheme: string; address: string; port: number }[];
  certificate: { fingerprint: string; names: string[]; ends_us: number; is_made_here: boolean } | null;
  trouble: string;
}

const WHERE: Record<Way["where"], string> = {
  machine: "from this very machine",
  home: "from your home network",
  outside: "from outside of your home networks",
  unknown: "from nobody knows where",
};

const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

export function WayCard() {
  const [way, error] = useLoaded(() => ask<Way>("GET", "/way"), []);
  if (!way) return error ? <Trouble error={error} /> : null;
  const shown = way.certificate;
  return (
    <section class="panel reach">
      <h2>How you reach this page</h2>
      <p>
        You came {WHERE[way.where]}
        {way.proxy ? " through a reverse proxy" : ""}
        {way.scheme === "https" ? ", encrypted" : way.where === "machine" ? ", which needs no encryption" : ", without encryption"}.{" "}
        <span class="dim">
          {way.is_hidden ? "" : `Your address is ${way.client || "not known"}. `}
          {way.proxy ? `The proxy's is ${way.proxy}.` : ""}
        </span>
      </p>
      {way.is_hidden ? (
        <p class="note is-bad">
          Something stands between you and Hearthwatch that is not named in <code>trusted_proxies</code> of section <code>[web]</code>. Until it is, nobody can tell visitors from
          home from others, and passwords are not taken.
        </p>
      ) : null}
      {way.trouble ? <p class="note is-bad">{way.trouble}</p> : null}
      <h3>Open on this machine</h3>
      <ul class="reach-open">
        {way.open.map((each) => (
          <li key={each.scheme + each.address + each.port}>
            <code>{each.scheme}</code>, port <strong>{each.port}</strong>{" "}
            <span class="dim">{each.address ? "for this machine alone" : each.scheme === "https" ? "for every device in the network" : "for the reverse proxy alone"}</span>
          </li>
        ))}
      </ul>
      {shown ? (
        <>
          <h3>Certificate</h3>
          <p class="dim">
            {shown.is_made_here
              ? "Made by Hearthwatch itself, so browsers warn of it. Compare the fingerprint once; for notifications and the app a device must trust it: use a certificate of your own or a reverse proxy."
              : `Your own, for ${shown.names.join(", ") || "no name at all"}.`}{" "}
            Good until {dateFormat.format(shown.ends_us / 1000)}.
          </p>
          <p class="reach-print">
            <code>{shown.fingerprint}</code>
          </p>
        </>
      ) : null}
      <p class="hint">Do not open these ports on your router. From outside use a VPN such as WireGuard or Tailscale, or a reverse proxy that asks for more than a password.</p>
    </section>
  );
}
