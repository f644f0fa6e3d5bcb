import { expect, test } from "vitest";
import { type Found, lines } from "../src/reach/found";

const NOTHING: Found = { public: [], says: "all", router: "", outer: "", outer_is_private: false, opens: false, openings: [], others: 0, tailscale: false, wireguard: false };
const tones = (found: Partial<Found>): string[] => lines({ ...NOTHING, ...found }).map((line) => line.tone);

test("only a router that told everything and names nothing is well, and even that is not called a proof", () => {
  const [line] = lines(NOTHING);
  expect(line?.tone).toBe("good");
  expect(line?.hint).toContain("entered by hand");
  for (const says of ["none", "silent", "some"] as const) expect(tones({ says })).toEqual(["plain"]);
});

test("the page behind an opening is worst and first; any other is asked about", () => {
  const openings = [
    { protocol: "UDP", outer_port: 51820, inner_port: 51820, what: "", is_page: false },
    { protocol: "TCP", outer_port: 443, inner_port: 8443, what: "Hearthwatch", is_page: true },
  ];
  const found = lines({ ...NOTHING, openings });
  expect(found.map((line) => line.tone)).toEqual(["bad", "warm"]);
  expect(found[0]?.hint).toContain("“Hearthwatch”");
  expect(found[1]?.text).toContain("no name given");
});

test("a public address is a warning, by IPv6 as by IPv4", () => {
  const [older, newer] = lines({ ...NOTHING, public: ["9.9.9.9", "2a01::5"], says: "silent" });
  expect(older?.hint).toContain("stands on the internet itself");
  expect(newer?.hint).toContain("firewall of your router");
});
