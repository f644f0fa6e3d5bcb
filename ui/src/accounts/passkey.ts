/** Passkeys in this browser: what the server asks for and what the browser answers, as JSON. */

import { t } from "../words";
import type { Asked } from "./api";

export const canPasskey = (): boolean => typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function answered(asking: Promise<Credential | null>): Promise<string> {
  let found: Credential | null;
  try {
    found = await asking;
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") throw new Error(t("This device has a passkey for you already."));
    if (error instanceof DOMException && error.name === "NotAllowedError") throw new Error(t("No passkey was given: it was declined, or took too long."));
    throw new Error(t("The browser refuses passkeys here. It needs a certificate it trusts."));
  }
  if (!(found instanceof PublicKeyCredential)) throw new Error(t("No passkey was given."));
  return JSON.stringify(found.toJSON());
}

/** Have the device make a passkey. */
export function made(asked: Asked): Promise<string> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(asked.options));
  return answered(navigator.credentials.create({ publicKey }));
}

/** Have the device show one it has. */
export function shown(asked: Asked): Promise<string> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(asked.options));
  return answered(navigator.credentials.get({ publicKey }));
}
