/** The shell: what the page is made of, kept so that it opens while the house does not answer. Nothing of what it shows. */

/** Put in by the build: a version of all files together, and which there are. */
declare const __SHELL__: { version: string; files: string[] };

const PREFIX = "shell ";
const CACHE = PREFIX + __SHELL__.version;
const PATIENCE_MS = 4000;
const FILES = new Set(__SHELL__.files);
const NOT_PAGES = /^(\/at\/\w+)?\/(api|cam)\/|^\/(metrics|healthz)/;

export async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(__SHELL__.files.map((file) => new Request(file, { cache: "no-cache", credentials: "omit" })));
}

export async function forgetOld(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

/** The answer to a request that is the shell's; null for all others, which the browser makes as if we were not there. */
export function answer(request: Request): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return null;
  if (request.mode === "navigate") return NOT_PAGES.test(url.pathname) ? null : page(request);
  if (url.pathname.startsWith("/assets/")) return asset(request);
  return FILES.has(url.pathname) && url.pathname !== "/" ? kept(request, url.pathname) : null;
}

/** The house's own word first: a new build shows at once. */
async function page(request: Request): Promise<Response> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const asked = fetch(request);
  const found = await Promise.race([asked, late]).catch(() => null);
  if (found) return found;
  return (await (await caches.open(CACHE)).match("/")) ?? asked;
}

/** Its name changes with what is in it, so one that is kept is never old. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request.url);
  if (found) return found;
  const fresh = await fetch(request);
  if (fresh.ok && fresh.type === "basic") await cache.put(request.url, fresh.clone());
  return fresh;
}

async function kept(request: Request, path: string): Promise<Response> {
  return fetch(request).catch(async () => (await (await caches.open(CACHE)).match(path)) ?? Response.error());
}
