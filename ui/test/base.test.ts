import { afterEach, beforeEach, expect, test, vi } from "vitest";

const at = async (pathname: string) => {
  vi.stubGlobal("location", { pathname });
  vi.resetModules();
  return import("../src/base");
};

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

test("a house's own page has no base", async () => {
  const { base, far, inside, houseOf } = await at("/cameras/front-door");
  expect([base, far, inside("/cameras/front-door"), houseOf("/cameras")]).toEqual(["", "", "/cameras/front-door", ""]);
});

test("the page of a house behind the hub begins with its id", async () => {
  const { base, far, inside } = await at("/at/beachaaa/events");
  expect([base, far]).toEqual(["/at/beachaaa", "beachaaa"]);
  expect([inside("/at/beachaaa/events"), inside("/at/beachaaa"), inside("/at/beachaaa/")]).toEqual(["/events", "/", "/"]);
});

test("who is logged in, accounts and this device are always asked of the hub", async () => {
  const { houseOf } = await at("/at/beachaaa/");
  for (const path of ["/session", "/login/second", "/logout", "/own/proof", "/access/people", "/push/key", "/fleet", "/fleet/events"]) expect([path, houseOf(path)]).toEqual([path, ""]);
  for (const path of ["/cameras", "/live", "/stream", "/access/trail", "/config", "/machine", "/sessions-of-nobody"]) expect([path, houseOf(path)]).toEqual([path, "/at/beachaaa"]);
});

test("an address that only looks like it is the house's own", async () => {
  for (const path of ["/at/BEACHAAA/", "/at/beach/", "/at/beachaaaa/", "/x/at/beachaaa/"]) expect([path, (await at(path)).base]).toEqual([path, ""]);
});
