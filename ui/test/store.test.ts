import { beforeAll, expect, test, vi } from "vitest";

let withNews: typeof import("../src/store").withNews;

beforeAll(async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
  vi.stubGlobal("document", { addEventListener: () => undefined, hidden: false, cookie: "" });
  vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
  vi.stubGlobal("window", { setTimeout, setInterval, addEventListener: () => undefined });
  ({ withNews } = await import("../src/store"));
});

test("what the stream told while the page read everything is not lost to what was read", () => {
  const old = { id: 1, text: "1 refused" };
  const news = { id: 1, text: "12 refused" };
  const more = { id: 2, text: "another" };
  const same = (a: { id: number }, b: { id: number }): boolean => a.id === b.id;
  const read = [{ id: 1, text: "9 refused" }, { id: 0, text: "older" }];
  expect(withNews(read, [old], [more, news], same)).toEqual([more, news, read[1]]);
  expect(withNews(read, [old], [old], same), "what was there before is older than what was read").toEqual(read);
});
