/** This browser as a device that is notified: what stands in the way, and how it comes to be one. */

import { ApiError, ask } from "../ask";
import { t } from "../words";
import { worker } from "./worker";

/** See PushDeviceReply in the API's documentation. */
export interface PushDevice {
  id: string;
  user: string;
  name: string;
  mark: string;
  mine: boolean;
  added_us: number;
  sent_us: number | null;
}

/** Why this browser cannot be notified; `ready` when nothing stands in the way. */
export type Obstacle = "ready" | "plain" | "install" | "none" | "certificate" | "denied";

export const push = {
  devices: () => ask<PushDevice[]>("GET", "/push/devices"),
  remove: (id: string) => ask<PushDevice[]>("DELETE", `/push/devices/${encodeURIComponent(id)}`),
  test: (id: string) => ask<PushDevice>("POST", `/push/devices/${encodeURIComponent(id)}/test`),
};

export const isApple = (): boolean => /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
export const isInstalled = (): boolean => matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;

export async function obstacle(): Promise<Obstacle> {
  if (!isSecureContext) return "plain";
  if (isApple() && !isInstalled()) return "install";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "none";
  if (Notification.permission === "denied") return "denied";
  return (await worker()) ? "ready" : "certificate";
}

/** This browser's mark among the devices, empty when it has no subscription. */
export async function ownMark(): Promise<string> {
  const subscription = await (await worker())?.pushManager?.getSubscription();
  return subscription ? markOf(subscription.endpoint) : "";
}

export async function notifyMe(name: string): Promise<void> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") throw new ApiError(0, t("This browser was not allowed to show notifications."), t("Allow them for this page in the browser's settings and try again."));
  await worker();
  const { pushManager } = await navigator.serviceWorker.ready;
  const { key } = await ask<{ key: string }>("GET", "/push/key");
  const old = await pushManager.getSubscription();
  if (old && base64url(old.options.applicationServerKey) !== key) await old.unsubscribe();
  let subscription: PushSubscription;
  try {
    subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  } catch {
    throw new ApiError(0, t("This browser could not reach its push service."), t("Is this device on the Internet? Some browsers have push switched off in their settings."));
  }
  const { endpoint, keys } = subscription.toJSON();
  await ask<PushDevice>("POST", "/push/devices", {}, { name, endpoint, p256dh: keys?.["p256dh"], auth: keys?.["auth"] });
}

/** Whatever the house knows of it, this browser takes no more. */
export async function stop(): Promise<void> {
  await (await (await worker())?.pushManager?.getSubscription())?.unsubscribe();
}

/** What a person would call this browser. */
export function ownName(agent = navigator.userAgent): string {
  const browser = (
    [
      ["Edg/", "Edge"],
      ["SamsungBrowser/", "Samsung Internet"],
      ["OPR/", "Opera"],
      ["Firefox/", "Firefox"],
      ["Chrome/", "Chrome"],
      ["Safari/", "Safari"],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1];
  const system = (
    [
      ["iPhone", "iPhone"],
      ["iPad", "iPad"],
      ["Android", "Android"],
      ["Windows", "Windows"],
      ["Macintosh", "Mac"],
      ["CrOS", "Chromebook"],
      ["Linux", "Linux"],
    ] as const
  ).find(([mark]) => agent.includes(mark))?.[1];
  const name = browser ?? t("A browser");
  return system ? t("{browser} on {system}", { browser: name, system }) : name;
}

export async function markOf(endpoint: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function base64url(key: ArrayBuffer | null): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0))));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
