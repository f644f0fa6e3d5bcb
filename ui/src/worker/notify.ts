/** Notifications: the house's message, opened by the browser, with the sharp picture where the house can be reached. */

import { word } from "./words";

interface Told {
  id: string;
  title: string;
  body: string;
  url: string;
  severity: string;
  at_ms: number;
  event?: string;
  camera?: string;
  quiet?: boolean;
  /** A small JPEG in base64; missing where the message is about no picture. */
  picture?: string;
}

interface About {
  url: string;
  event: string;
  camera: string;
}

/** What browsers know and the types of some do not. */
interface Shown extends NotificationOptions {
  image?: string;
  renotify?: boolean;
  timestamp?: number;
  actions?: { action: string; title: string }[];
}

const ICON = "/icons/icon-192.png";
const BADGE = "/icons/badge-96.png";
const SHARP_MS = 5000;
const MOST_BYTES = 2_000_000;

export async function shown(registration: ServiceWorkerRegistration, data: PushMessageData | null): Promise<void> {
  const told = read(data);
  const about: About = { url: told.url, event: told.event ?? "", camera: told.camera ?? "" };
  const picture = told.picture === undefined ? "" : (await sharp(about.event)) || (told.picture && `data:image/jpeg;base64,${told.picture}`);
  const isSilent = told.quiet === true || told.severity === "info";
  const options: Shown = {
    body: told.body,
    tag: told.id,
    icon: picture || ICON,
    badge: BADGE,
    timestamp: told.at_ms,
    silent: isSilent,
    renotify: !isSilent,
    data: about,
    actions: about.event && about.camera ? [{ action: "quiet", title: word("quiet") }, { action: "false", title: word("false") }] : [],
  };
  if (picture) options.image = picture;
  await registration.showNotification(told.title, options);
}

function read(data: PushMessageData | null): Told {
  try {
    const found = data?.json() as Partial<Told> | undefined;
    if (found && typeof found.title === "string" && typeof found.id === "string") {
      return { ...found, id: found.id, title: found.title, body: found.body ?? "", url: found.url ?? "/alerts", severity: found.severity ?? "warn", at_ms: found.at_ms ?? Date.now() };
    }
  } catch {
    // said below: a message that cannot be read is still one, and the browser wants something shown
  }
  return { id: "unread", title: "Hearthwatch", body: word("unread"), url: "/alerts", severity: "warn", at_ms: Date.now() };
}

/** The event's picture from the house itself; empty where it does not answer in time, or nobody is logged in on this device. */
async function sharp(event: string): Promise<string> {
  if (!event) return "";
  try {
    const answer = await fetch(`/api/v1/events/${encodeURIComponent(event)}/picture.jpg`, {
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(SHARP_MS),
    });
    const blob = answer.ok ? await answer.blob() : null;
    return blob && blob.type === "image/jpeg" && blob.size <= MOST_BYTES ? `data:image/jpeg;base64,${base64(await blob.arrayBuffer())}` : "";
  } catch {
    return "";
  }
}

function base64(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** What was done is shown in place of the message, which is not closed before: browsers may close what came after it as well. */
export async function clicked(worker: ServiceWorkerGlobalScope, notification: Notification, action: string): Promise<void> {
  const about = (notification.data ?? { url: "/", event: "", camera: "" }) as About;
  if (action !== "quiet" && action !== "false") {
    notification.close();
    return open(worker, about.url);
  }
  try {
    if (action === "quiet") await act(`/cameras/${encodeURIComponent(about.camera)}/snooze`, { for_s: 3600 });
    else await act(`/events/${encodeURIComponent(about.event)}/false-alarm`, { false_alarm: true });
  } catch {
    notification.close();
    return open(worker, about.url); // nobody is logged in, or the house is out of reach: the page says which
  }
  const body = action === "quiet" ? word("quieted") : word("noted");
  await worker.registration.showNotification(notification.title, { body, tag: notification.tag, icon: ICON, badge: BADGE, silent: true, data: about });
}

/** Change something, as the page does: with the session of whoever is logged in here, and its token. */
async function act(path: string, body: unknown, method = "POST"): Promise<unknown> {
  const session = (await (await fetch("/api/v1/session", { credentials: "same-origin", cache: "no-store" })).json()) as { token: string | null };
  const answer = await fetch(`/api/v1${path}`, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Hearthwatch-Token": session.token ?? "none" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

async function open(worker: ServiceWorkerGlobalScope, path: string): Promise<void> {
  const url = new URL(path, location.origin);
  if (url.origin !== location.origin) return;
  const windows = await worker.clients.matchAll({ type: "window" });
  for (const client of windows) {
    try {
      await client.focus();
      await client.navigate(url.href);
      return;
    } catch {
      // a window that is not ours to move: try the next
    }
  }
  await worker.clients.openWindow(url.href);
}

/** The browser has a new address for us: give it to the house under the device's old name. */
export async function moved(registration: ServiceWorkerRegistration, event: { oldSubscription?: PushSubscription | null }): Promise<void> {
  const old = event.oldSubscription;
  const key = old?.options.applicationServerKey;
  if (!old || !key) return;
  const next = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const devices = (await (await fetch("/api/v1/push/devices", { credentials: "same-origin", cache: "no-store" })).json()) as { id: string; name: string; mark: string }[];
  const mark = await markOf(old.endpoint);
  const before = devices.find((device) => device.mark === mark);
  if (!before) return;
  const { endpoint, keys } = next.toJSON();
  await act(`/push/devices/${before.id}`, { name: before.name, endpoint, p256dh: keys?.["p256dh"], auth: keys?.["auth"] }, "PUT");
}

async function markOf(endpoint: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
