/** Step of the set-up: reaching the house from elsewhere without opening it to everybody. */

import { useState } from "preact/hooks";
import { Trouble, useLoaded } from "../parts/bits";
import * as icons from "../parts/icons";
import { Lazy } from "../parts/Lazy";
import { rich, t } from "../words";
import { type Tunnel, welcome } from "./welcome";
import type { StepProps } from "./Wizard";

export function Outside({ onDone }: StepProps) {
  const [now, failed] = useLoaded(welcome.outside, []);
  if (!now) return <Trouble error={failed} />;
  const port = now.https_port;
  return (
    <>
      <p class="wizard-warn">
        <icons.Warn size={20} />
        <span>
          <strong>{t("Do not open a port of your router to this page.")}</strong> {t("Within hours strangers’ programs would try passwords on it, and one fault in any software is enough. Use one of these instead.")}
        </span>
      </p>
      <section class="panel wizard-panel">
        <h2>{t("Tailscale: the easiest")}</h2>
        {now.tailscale.length ? (
          <p>
            <span class="set-own">{t("found")}</span> {rich("It runs on this machine. From a phone in the same tailnet: {address}", { address: <code>{`https://${now.tailscale[0]}:${port}`}</code> })}
          </p>
        ) : (
          <>
            <p class="dim">{t("A private network over the internet, free for a household. The connection is encrypted from end to end; the company Tailscale knows your devices, not what they say.")}</p>
            <ol class="wizard-how">
              <li>
                {rich("Install it on this machine as tailscale.com/download says, and run {command}.", { command: <code>sudo tailscale up</code> })}
              </li>
              <li>{t("Install the app on your phone, and log in with the same account.")}</li>
              <li>{t("Come back here: the address to open is shown then.")}</li>
            </ol>
          </>
        )}
      </section>
      <WireGuard found={now.has_wireguard} port={port} onDone={onDone} />
      <section class="panel wizard-panel">
        <Lazy load={() => import("../reach/FromOutside")} />
      </section>
      <section class="panel wizard-panel">
        <h2>{t("A reverse proxy: for who has one")}</h2>
        <p class="dim">{t("nginx or Caddy with a certificate of your own, best with client certificates. Name the proxy and the name in the settings, or nobody is let in:")}</p>
        <p class="command">
          <code>[web] hosts = ["cams.example.org"] trusted_proxies = ["127.0.0.1"]</code>
        </p>
        <p class="hint">
          {rich("{settings}. Ready examples are in docs/reverse-proxy.md. Set up a second factor first.", { settings: <a href="/settings/all?page=network">{t("Settings of the page")}</a> })}
        </p>
      </section>
      <p class="hint">
        {rich("At home the page is at {addresses}.", {
          addresses: now.home.map((address, at) => (
            <span key={address}>
              {at ? ", " : ""}
              <code>{`https://${address}:${port}`}</code>
            </span>
          )),
        })}
      </p>
    </>
  );
}

function WireGuard({ found, port, onDone }: { found: boolean; port: number; onDone: (done: boolean) => void }) {
  const [endpoint, setEndpoint] = useState("");
  const [listen, setListen] = useState("51820");
  const [phone, setPhone] = useState("phone");
  const [made, setMade] = useState<Tunnel | null>(null);
  const [error, setError] = useState<unknown>(null);
  const make = (): void => {
    setError(null);
    welcome.tunnel(endpoint.trim(), Number(listen), phone.trim()).then((tunnel) => {
      setMade(tunnel);
      onDone(true);
    }, setError);
  };
  return (
    <section class="panel wizard-panel">
      <h2>{t("WireGuard: nobody in between")}</h2>
      <p class="dim">
        {found ? `${t("A WireGuard interface is up on this machine already.")} ` : ""}
        {t("A tunnel from your phone straight to this machine. One UDP port is forwarded to it; it answers nobody without your key, so scanners see nothing.")}
      </p>
      {made ? (
        <Made tunnel={made} port={port} listen={listen} onAgain={() => setMade(null)} />
      ) : (
        <form
          class="sheet-form wizard-form"
          onSubmit={(event) => {
            event.preventDefault();
            make();
          }}
        >
          <label class="is-wide">
            {t("Name or address of your house outside")}
            <input type="text" autocomplete="off" spellcheck={false} value={endpoint} placeholder={"myhouse.example.org"} onInput={(event) => setEndpoint(event.currentTarget.value)} />
            <span class="hint">{t("The name of a dynamic DNS service, often set in the router; or your fixed address.")}</span>
          </label>
          <label>
            {t("Port")}
            <input type="text" inputMode="numeric" value={listen} onInput={(event) => setListen(event.currentTarget.value)} />
          </label>
          <label>
            {t("For which phone")}
            <input type="text" autocomplete="off" value={phone} onInput={(event) => setPhone(event.currentTarget.value)} />
          </label>
          <button class="button is-main" type="submit" disabled={!endpoint.trim() || !phone.trim()}>
            {t("Make the keys")}
          </button>
        </form>
      )}
      <Trouble error={error} />
    </section>
  );
}

function Made({ tunnel, port, listen, onAgain }: { tunnel: Tunnel; port: number; listen: string; onAgain: () => void }) {
  return (
    <>
      <p class="wizard-note">{t("Shown this once, and kept nowhere. It holds keys: let nobody photograph it.")}</p>
      <div class="wizard-tunnel">
        <figure>
          <svg viewBox={`-4 -4 ${tunnel.qr_size + 8} ${tunnel.qr_size + 8}`} role="img" aria-label={t("Code for the WireGuard app")} shape-rendering="crispEdges">
            <rect x={-4} y={-4} width={tunnel.qr_size + 8} height={tunnel.qr_size + 8} fill="#fff" />
            <path d={tunnel.qr_path} fill="#000" />
          </svg>
          <figcaption class="hint">{t("In the WireGuard app: + → Scan from QR code")}</figcaption>
        </figure>
        <ol class="wizard-how">
          <li>
            {rich("On this machine: {command}, and save this as {file}:", { command: <code>sudo apt install wireguard</code>, file: <code>/etc/wireguard/hearthwatch.conf</code> })}
            <pre class="wizard-file" tabIndex={0} aria-label={t("Configuration for this machine")}>
              {tunnel.server}
            </pre>
          </li>
          <li>
            <code>sudo systemctl enable --now wg-quick@hearthwatch</code>
          </li>
          <li>
            {rich("In your router, forward {port} to this machine. Only that one.", { port: <strong>{t("UDP port {listen}", { listen })}</strong> })}
          </li>
          <li>
            {rich("Switch the tunnel on in the phone, and open {address}", { address: <code>{`https://${tunnel.address}:${port}`}</code> })}
          </li>
        </ol>
      </div>
      <details>
        <summary>{t("The phone’s half as text")}</summary>
        <pre class="wizard-file" tabIndex={0} aria-label={t("Configuration for the phone")}>
          {tunnel.phone}
        </pre>
      </details>
      <button class="button is-plain" type="button" onClick={onAgain}>
        {t("For another phone")}
      </button>
    </>
  );
}
