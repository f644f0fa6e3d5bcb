/** The page's side of the service worker: starts it, and shows a new build of the page without being asked. */

const SCRIPT = "/sw.js";
const QUIET_MS = 60_000;
const LOOK_MS = 5_000;
const AGAIN_MS = 60 * 60 * 1000;

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL: (url: string) => string };
}

let started: Promise<ServiceWorkerRegistration | null> | null = null;

/** The running worker; null where the browser has none, or does not trust the house's certificate. */
export function worker(): Promise<ServiceWorkerRegistration | null> {
  started ??= start();
  return started;
}

async function start(): Promise<ServiceWorkerRegistration | null> {
  if (!isSecureContext || !("serviceWorker" in navigator)) return null;
  // what the worker fetches must not come between a person and the first picture
  if (document.readyState !== "complete") await new Promise((loaded) => addEventListener("load", loaded, { once: true }));
  let isFirst = navigator.serviceWorker.controller === null; // then this page is the build the worker came with
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (!isFirst) reloadWhenQuiet();
    isFirst = false;
  });
  try {
    // the page's policy wants every script's address vouched for; this is the only one there ever is
    const policies = (window as { trustedTypes?: Policies }).trustedTypes;
    const only = (url: string): string => {
      if (url !== SCRIPT) throw new TypeError(url);
      return url;
    };
    const vouch = policies?.createPolicy("hearthwatch-worker", { createScriptURL: only });
    const found = await navigator.serviceWorker.register(vouch ? vouch.createScriptURL(SCRIPT) : SCRIPT, { updateViaCache: "none" });
    setInterval(() => void found.update().catch(() => undefined), AGAIN_MS);
    return found;
  } catch {
    return null;
  }
}

/** Look for a new build: the house came back, and may have been upgraded. */
export function lookForNews(): void {
  void worker().then((found) => found?.update().catch(() => undefined));
}

let touched_ms = Date.now();
let waiting = false;

/** A tablet on the wall reloads by itself; nobody loses what they are typing. */
function reloadWhenQuiet(): void {
  if (waiting) return;
  waiting = true;
  const look = (): void => {
    if (document.hidden || Date.now() - touched_ms > QUIET_MS) location.reload();
  };
  for (const name of ["pointerdown", "keydown", "wheel"]) addEventListener(name, () => (touched_ms = Date.now()), { passive: true });
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
  look();
}

// a part of the page that is loaded when it is opened is gone after an upgrade: its successor is in the new build
addEventListener("vite:preloadError", () => {
  const last = Number(sessionStorage.getItem("hearthwatch-reloaded") ?? 0);
  if (Date.now() - last < QUIET_MS) return;
  sessionStorage.setItem("hearthwatch-reloaded", String(Date.now()));
  location.reload();
});
