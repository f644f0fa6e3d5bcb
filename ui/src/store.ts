/** What the house says right now, kept current by one event stream; every page reads from here. */

import { computed, effect, signal } from "@preact/signals";
import { type Alert, api, at, type Camera, type House, type HouseEvent, type Outage, type Session } from "./api";
import { type Arming, arming, readArming } from "./arming";
import { useToken, whenLoggedOut, whenTokenIsOld } from "./ask";
import { far } from "./base";
import { doors, type Login } from "./doors/api";
import { merged } from "./doors/fold";
import { isForeign } from "./doors/words";
import { asThere, fleet, isAway, lookAround, there } from "./fleet/far";
import { toldOf } from "./tellings";
import { straight } from "./words";

export const session = signal<Session | null>(null);
export const unreachable = signal(false);
export const house = signal<House | null>(null);
export const cameras = signal<Camera[]>([]);
export const loaded = signal(false);
export const recent = signal<HouseEvent[]>([]);
export const alerts = signal<Alert[]>([]);
export const moreAlerts = signal(false);
export const outages = signal<Outage[]>([]);
export const lastLogins = signal<Login[]>([]);
/** Counts the times after which all that was read may be old. */
export const resyncs = signal(0);
export const connected = signal(true);
export const now_us = signal(Date.now() * 1000);

export const isOwner = computed(() => session.value?.user?.role === "owner");
export const may = (permission: "look" | "decide" | "export" | "manage"): boolean => session.value?.user?.may.includes(permission) ?? false;
export const cameraName = (id: string): string => straight(cameras.value.find((camera) => camera.id === id)?.name ?? id);

const SEEN_LOGIN = "hearthwatch-login-seen";
const seenLogin = signal(Number(localStorage.getItem(SEEN_LOGIN) ?? 0) || 0);

/** Foreign log-ins since somebody last looked at them on this screen. */
export const unseenLogins = computed(() => lastLogins.value.filter((login) => login.id > seenLogin.value && isForeign(login)));

export function loginsSeen(): void {
  const newest = lastLogins.value.reduce((most, login) => Math.max(most, login.id), seenLogin.peek());
  if (newest === seenLogin.peek()) return;
  seenLogin.value = newest;
  localStorage.setItem(SEEN_LOGIN, String(newest));
}

setInterval(() => {
  now_us.value = Date.now() * 1000;
}, 1000);

export function welcome(next: Session): void {
  useToken(next.token);
  if (!next.user || !far) session.value = next;
  if (!next.user) return;
  const looked = lookAround();
  if (far) void looked.then(() => (session.value = asThere(next)));
  else start();
}

/** The person showed once more who they are: the same session goes on with another token. */
export function welcomeBack(next: Session): void {
  session.value = asThere(next);
  useToken(next.token);
}

export async function whoAmI(): Promise<void> {
  try {
    welcome(await api.session());
    unreachable.value = false;
  } catch {
    unreachable.value = true;
    setTimeout(() => void whoAmI(), 2000);
  }
}

whenTokenIsOld(async () => {
  const before = session.value?.token;
  const next = await api.session();
  if (!next.user || next.token === before) return false;
  welcomeBack(next);
  return true;
});

whenLoggedOut(() => {
  if (session.value?.user) {
    session.value = { ...session.value, user: null, token: null };
    stop();
  }
});

export const upsert = <T>(list: T[], item: T, same: (a: T, b: T) => boolean): T[] => {
  const found = list.findIndex((each) => same(each, item));
  return found < 0 ? [item, ...list] : list.with(found, item);
};

/** What the stream told while everything was read is newer than what was read. */
export const withNews = <T>(read: T[], before: readonly T[], now: readonly T[], same: (a: T, b: T) => boolean): T[] =>
  now.filter((item) => !before.includes(item)).reduceRight((list, item) => upsert(list, item, same), read);

const sameId = (a: { id: unknown }, b: { id: unknown }): boolean => a.id === b.id;
const sameOutage = (a: Outage, b: Outage): boolean => a.fault === b.fault && a.subject === b.subject && a.start_us === b.start_us;

const MOST_LOGINS = 300;
const WEEK_US = 7 * 24 * 3600 * 1e6;

let wasRead = false;

export async function refresh(): Promise<void> {
  const before = { recent: recent.value, alerts: alerts.value, outages: outages.value, logins: lastLogins.value, cameras: cameras.value };
  const [h, c, e, a, o, l] = await Promise.all([
    api.house(),
    api.cameras(),
    api.events({ limit: 24 }),
    api.alerts(),
    api.outages(Math.round(Date.now() * 1000 - WEEK_US)),
    doors.logins({ limit: 60 }),
    readArming(),
  ]);
  house.value = h;
  if (cameras.value === before.cameras) cameras.value = c;
  recent.value = withNews(e.events, before.recent, recent.value, sameId);
  alerts.value = withNews(a.alerts, before.alerts, alerts.value, sameId);
  moreAlerts.value = a.more;
  outages.value = withNews(o, before.outages, outages.value, sameOutage);
  lastLogins.value = merged(l.logins, lastLogins.value.filter((login) => !before.logins.includes(login))).slice(0, MOST_LOGINS);
  if (wasRead) resyncs.value += 1;
  wasRead = true;
  loaded.value = true;
}

export async function olderAlerts(): Promise<void> {
  const last = alerts.value.at(-1);
  const found = await api.alerts(last?.at_us);
  alerts.value = [...alerts.value, ...found.alerts];
  moreAlerts.value = found.more;
}

let source: EventSource | null = null;
let houseTimer = 0;

function start(): void {
  stop();
  source = new EventSource(at.stream());
  const on = <T>(name: string, take: (value: T) => void): void =>
    source?.addEventListener(name, (message) => take(JSON.parse((message as MessageEvent<string>).data) as T));
  source.onopen = () => {
    connected.value = true;
  };
  source.onerror = () => {
    connected.value = false;
    if (!loaded.value) void refresh().catch(() => undefined);
    void whoAmIStill();
  };
  // not before: what happens between a first look and the stream would never be shown
  on("begun", () => void refresh().catch(() => undefined));
  on<Camera[]>("cameras", (value) => {
    cameras.value = value;
  });
  on<HouseEvent>("event", (value) => {
    toldOf(value.id);
    recent.value = upsert(recent.value, value, sameId).slice(0, 60);
  });
  on<Alert>("alert", (value) => {
    alerts.value = upsert(alerts.value, value, sameId);
  });
  on<Outage>("outage", (value) => {
    outages.value = upsert(outages.value, value, sameOutage);
  });
  on<Login>("login", (value) => {
    if (value.verdict !== "own") lastLogins.value = merged(lastLogins.value, [value]).slice(0, MOST_LOGINS);
  });
  on<Arming>("arming", (value) => {
    arming.value = value;
  });
  on("resync", () => void refresh().catch(() => undefined));
  houseTimer = window.setInterval(() => void api.house().then((value) => (house.value = value), () => undefined), 15_000);
}

/** An event stream does not say why it broke: ask once whether we are still logged in. */
async function whoAmIStill(): Promise<void> {
  const found = await api.session().catch(() => null);
  if (found && !found.user) {
    session.value = found;
    stop();
  }
  if (found?.user && !far && source?.readyState === EventSource.CLOSED) start();
}

function stop(): void {
  source?.close();
  source = null;
  clearInterval(houseTimer);
  loaded.value = false;
}

/** Other houses come and go; the one this page looks at is followed while its line is open. */
const LOOK_MS = far ? 5_000 : 20_000;
setInterval(() => {
  if (session.value?.user && !document.hidden && (far || fleet.value?.is_hub)) void lookAround();
}, LOOK_MS);
effect(() => {
  if (!far || !session.value?.user || !there.value) return;
  if (isAway.value) stop();
  else if (!source || source.readyState === EventSource.CLOSED) start();
});

/** A page nobody sees gives its connection back: a browser has six for each house. */
let hiding = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (!session.value?.user) return;
  if (!document.hidden) {
    if (!source) start();
  } else {
    hiding = window.setTimeout(() => {
      source?.close();
      source = null;
      clearInterval(houseTimer);
    }, 20_000);
  }
});
