/** The service worker: keeps the shell of the page, and shows what the house sends. It has no memory of pictures or answers. */

import { clicked, moved, shown } from "./notify";
import { answer, forgetOld, keep } from "./shell";

declare const self: ServiceWorkerGlobalScope;

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOld().then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const found = answer(event.request);
  if (found) event.respondWith(found);
});
self.addEventListener("push", (event) => {
  event.waitUntil(shown(self.registration, event.data));
});
self.addEventListener("notificationclick", (event) => {
  event.waitUntil(clicked(self, event.notification, event.action));
});
self.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(moved(self.registration, event as unknown as { oldSubscription?: PushSubscription | null }));
});
