/** The set-up as the house keeps it, and its tries: see api_welcome in the API's documentation. */

import { ask } from "../ask";

export type StepName = "cameras" | "zones" | "tellings" | "telegram" | "mail" | "people" | "storage" | "backup" | "detector" | "outside" | "account";
export type StepState = "done" | "skipped";
export interface Progress {
  steps: Partial<Record<StepName, StepState>>;
  closed: boolean;
  has_camera: boolean;
}
export interface Trial {
  works: boolean;
  text: string;
  remark: string;
  fingerprint: string;
}
export interface Disk {
  mount: string;
  device: string;
  kind: "ssd" | "hard-disk" | "card" | "usb" | "network" | "other";
  size_bytes: number;
  free_bytes: number;
  folder: string;
  in_use: boolean;
  writable: boolean;
}
export interface Tunnel {
  server: string;
  phone: string;
  address: string;
  qr_size: number;
  qr_path: string;
}
export interface Outside {
  home: string[];
  tailscale: string[];
  has_wireguard: boolean;
  https_port: number;
}

export const welcome = {
  progress: () => ask<Progress>("GET", "/welcome"),
  went: (steps: Progress["steps"], closed: boolean) => ask<Progress>("POST", "/welcome", {}, { steps, closed }),
  mail: () => ask<Trial>("POST", "/welcome/mail"),
  target: (name: string, create: boolean) => ask<Trial>("POST", `/welcome/targets/${encodeURIComponent(name)}`, {}, { create }),
  disks: () => ask<Disk[]>("GET", "/welcome/disks"),
  sealKeys: () => ask<{ recipient: string; identity: string }>("POST", "/welcome/seal-keys"),
  outside: () => ask<Outside>("GET", "/welcome/outside"),
  tunnel: (endpoint: string, port: number, phone: string) => ask<Tunnel>("POST", "/welcome/tunnel", {}, { endpoint, port, phone }),
};

export const ORDER: readonly StepName[] = ["cameras", "zones", "tellings", "telegram", "mail", "people", "storage", "backup", "detector", "outside", "account"];

/** Where to go on: the first step that was not gone through. */
export const nextStep = (steps: Progress["steps"]): StepName | "end" => ORDER.find((step) => !steps[step]) ?? "end";
