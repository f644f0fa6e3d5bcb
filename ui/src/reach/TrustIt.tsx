/** How a device comes to trust the house's own authority, so that its browser warns no more. */

import "./reach.css";
import { address } from "../ask";
import * as icons from "../parts/icons";
import { rich, said, t } from "../words";

const SYSTEMS: [string, string[]][] = [
  [
    said("Android"),
    [
      said("Load the certificate on the phone."),
      said("Settings, Security, Encryption & credentials, Install a certificate, CA certificate. Some phones have it under More security settings; the search of the settings finds “CA certificate”."),
      said("Press Install anyway, and choose the file."),
    ],
  ],
  [
    said("iPhone, iPad"),
    [
      said("Load the certificate with Safari, and allow the profile."),
      said("Settings, General, VPN & Device Management: open the profile and press Install."),
      said("Settings, General, About, Certificate Trust Settings, at the very end: switch it on. Without this step Safari goes on warning."),
    ],
  ],
  [
    said("Windows"),
    [
      said("Open the file, and press Install Certificate, Local Machine."),
      said("Place all certificates in the following store: choose Trusted Root Certification Authorities."),
    ],
  ],
  [said("Mac"), [said("Open the file: Keychain Access takes it into the login keychain."), said("Double-click the entry there, open Trust, and choose Always Trust.")]],
  [
    said("Linux"),
    [
      said("Copy the file to /usr/local/share/ca-certificates and run sudo update-ca-certificates."),
      said("Chrome asks for it once more: Settings, Privacy and security, Security, Manage certificates, Import."),
    ],
  ],
  [said("Firefox"), [said("Settings, Privacy & Security, Certificates, View Certificates, Authorities, Import: tick “identify websites”.")]],
];

export default function TrustIt({ authority }: { authority: string }) {
  return (
    <div class="trust">
      <h3>{t("Trust this house on a device")}</h3>
      <p class="dim">{t("Browsers warn until a device trusts this house’s own authority, once and for ten years. Then notifications and the app work there, too.")}</p>
      <div class="row">
        <a class="button" download href={address("/way/authority.crt")}>
          <icons.Down size={18} /> {t("Load its certificate")}
        </a>
      </div>
      <p class="dim">{rich("Before you agree to anything, compare this fingerprint with the one on the console, which {command} shows:", { command: <code>hearthwatch certificate</code> })}</p>
      <p class="reach-print">
        <code>{authority}</code>
      </p>
      <div>
        {SYSTEMS.map(([name, steps]) => (
          <details key={name}>
            <summary>{t(name)}</summary>
            <ol class="trust-steps">
              {steps.map((step) => (
                <li key={step}>{t(step)}</li>
              ))}
            </ol>
          </details>
        ))}
      </div>
      <p class="hint">{t("The authority can vouch for names and addresses of a home alone, never for your bank. Its key stays sealed on the machine Hearthwatch runs on.")}</p>
    </div>
  );
}
