/** Settings: by which way this very page came, what else is open, and the certificate it shows. */

import { ask } from "../ask";
import { Trouble, useLoaded } from "../parts/bits";
import { Lazy } from "../parts/Lazy";
import { isOwner } from "../store";
import { rich, said, t } from "../words";
import { dates } from "../words/figures";
import { told } from "../words/told";

/** See WayReply in the API's documentation. */
interface Way {
  client: string;
  proxy: string;
  is_hidden: boolean;
  scheme: string;
  host: string;
  where: "machine" | "home" | "outside" | "unknown";
  open: { scheme: string; address: string; port: number }[];
  certificate: { fingerprint: string; authority: string; names: string[]; ends_us: number; is_made_here: boolean } | null;
  trouble: string;
}

const WHERE: Record<Way["where"], string> = {
  machine: said("from this very machine"),
  home: said("from your home network"),
  outside: said("from outside of your home networks"),
  unknown: said("from nobody knows where"),
};

const date = dates({ dateStyle: "long" });

const trusting = (authority: string) => async () => {
  const { default: TrustIt } = await import("../reach/TrustIt");
  return { default: () => <TrustIt authority={authority} /> };
};

export function WayCard() {
  const [way, error] = useLoaded(() => ask<Way>("GET", "/way"), []);
  if (!way) return error ? <Trouble error={error} /> : null;
  const shown = way.certificate;
  const where = t(WHERE[way.where]);
  const how = way.scheme === "https" ? t("encrypted") : way.where === "machine" ? t("which needs no encryption") : t("without encryption");
  return (
    <section class="panel reach">
      <h2>{t("How you reach this page")}</h2>
      <p>
        {way.proxy ? t("You came {where} through a reverse proxy, {how}.", { where, how }) : t("You came {where}, {how}.", { where, how })}{" "}
        <span class="dim">
          {way.is_hidden ? "" : `${way.client ? t("Your address is {address}.", { address: way.client }) : t("Your address is not known.")} `}
          {way.proxy ? t("The proxy's is {address}.", { address: way.proxy }) : ""}
        </span>
      </p>
      {way.is_hidden ? (
        <p class="note is-bad">
          {rich("Something stands between you and Hearthwatch that is not named in {option} of section {section}. Until it is, nobody can tell visitors from home from others, and passwords are not taken.", { option: <code>trusted_proxies</code>, section: <code>[web]</code> })}
        </p>
      ) : null}
      {way.trouble ? <p class="note is-bad">{told(way.trouble)}</p> : null}
      <h3>{t("Open on this machine")}</h3>
      <ul class="reach-open">
        {way.open.map((each) => (
          <li key={each.scheme + each.address + each.port}>
            {rich("{scheme}, port {port}", { scheme: <code>{each.scheme}</code>, port: <strong>{each.port}</strong> })}{" "}
            <span class="dim">{each.address ? t("for this machine alone") : each.scheme === "https" ? t("for every device in the network") : t("for the reverse proxy alone")}</span>
          </li>
        ))}
      </ul>
      {shown ? (
        <>
          <h3>{t("Certificate")}</h3>
          <p class="dim">
            {shown.is_made_here
              ? t("Signed by this house’s own authority, and renewed by itself.")
              : shown.names.length
                ? t("Your own, for {names}.", { names: shown.names.join(", ") })
                : t("Your own, for no name at all.")}{" "}
            {t("Good until {date}.", { date: date(shown.ends_us) })}
          </p>
          <p class="reach-print">
            <code>{shown.fingerprint}</code>
          </p>
        </>
      ) : null}
      {shown?.authority ? <Lazy load={trusting(shown.authority)} key={shown.authority} /> : null}
      {isOwner.value ? <Lazy load={() => import("../reach/FromOutside")} /> : null}
      <p class="hint">{t("Do not open these ports on your router. From outside use a VPN such as WireGuard or Tailscale, or a reverse proxy that asks for more than a password.")}</p>
    </section>
  );
}
