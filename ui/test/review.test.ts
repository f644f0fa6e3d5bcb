import { describe, expect, test } from "vitest";
import type { HouseEvent } from "../src/api";
import type { Login } from "../src/doors/api";
import { networkOf, networks } from "../src/doors/sources";
import { asked, choiceOf, fits, isAny, moreChosen, withNewsOf } from "../src/events/choice";
import { words } from "../src/events/words";
import { channelName, daysName } from "../src/house/words";

const T = 1_795_000_000_000_000;
const event = (more: Partial<HouseEvent> = {}): HouseEvent => ({
  id: "e1",
  camera: "front",
  kind: "object",
  label: "person",
  start_us: T,
  end_us: T + 1e6,
  score: 0.8,
  box: null,
  zones: ["porch"],
  picture: false,
  best_us: T,
  reviewed: false,
  false_alarm: false,
  detail: "",
  note: "",
  clip_start_us: T,
  clip_end_us: T,
  ...more,
});

describe("choice", () => {
  test("what stands in the address is what is asked", () => {
    const choice = choiceOf(new URLSearchParams("camera=front&label=person&seen=new&search=m%C3%BCll&zone=porch&kind=object"));
    expect(asked(choice)).toEqual({ camera: "front", label: "person", kind: "object", zone: "porch", search: "müll", reviewed: false });
    expect(asked(choiceOf(new URLSearchParams("seen=false")))).toEqual({ false_alarm: true });
    expect(isAny(choiceOf(new URLSearchParams()))).toBe(true);
    expect(isAny(choice)).toBe(false);
  });
  test("a day wins over moments, and nonsense is nothing", () => {
    const choice = choiceOf(new URLSearchParams("day=2026-11-21&from=2026-01-01T10:00&to=rubbish"));
    expect(choice.end_us! - choice.start_us!).toBe(24 * 3600e6);
    expect(choiceOf(new URLSearchParams("from=rubbish&to=2026-11-21T10:00")).start_us).toBe(null);
    expect(moreChosen(new URLSearchParams("zone=a&kind=motion&camera=x"))).toBe(2);
  });
  test.each([
    ["camera=front", true],
    ["camera=back", false],
    ["zone=porch", true],
    ["zone=drive", false],
    ["seen=new", true],
    ["seen=false", false],
    ["kind=motion", false],
    ["search=person", false],
  ])("%s: %s", (query, wanted) => expect(fits(event(), choiceOf(new URLSearchParams(query)))).toBe(wanted));
  test("news change what stands there, and are counted, never put in between", () => {
    const list = [event({ id: "b", start_us: T + 2 }), event({ id: "a", start_us: T })];
    const found = withNewsOf(list, [event({ id: "c", start_us: T + 3 }), event({ id: "a", reviewed: true }), event({ id: "z", start_us: T - 9 })], choiceOf(new URLSearchParams()));
    expect(found.list.map((one) => [one.id, one.reviewed])).toEqual([
      ["b", false],
      ["a", true],
    ]);
    expect(found.fresh.map((one) => one.id)).toEqual(["c"]);
  });
});

test.each(["mask", "min-area", "min-score"] as const)("%s is proposed in words", (kind) => {
  const said = words({ kind, camera: "front", label: "person", of: 5, covers: 4, also: 0, region: null, value: 0.02 });
  expect(said.text).toContain("4 of the last 5 false alarms");
  expect(said.button).not.toBe("");
});

describe("the map", () => {
  const login = (more: Partial<Login>): Login =>
    ({ id: 1, camera: "front", action: "login", verdict: "home", source: "log", user: "anna", address: "192.168.1.20", origin: "", at_home: true, name: "", via: "", code: "", at_us: T, local_us: null, seen_us: T, told: false, ...more }) as Login;
  test.each([
    ["192.168.1.20", "192.168.1.x"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
    ["fe80::1", "fe80:1::"],
    ["printer", "printer"],
    [null, ""],
  ])("%s lies in %s", (address, network) => expect(networkOf(address)).toBe(network));
  test("home first, the loudest in front, ourselves nowhere", () => {
    const found = networks([
      login({ verdict: "own", address: "192.168.1.2" }),
      login({}),
      login({ user: "ben", at_us: T + 5 }),
      login({ address: "198.51.100.7", at_home: false, verdict: "failed" }),
      login({ address: "203.0.113.9", at_home: false, verdict: "outside", user: "admin" }),
      login({ address: null, at_home: false, verdict: "place-unknown" }),
    ]);
    expect(found.map((each) => each.network)).toEqual(["192.168.1.x", "203.0.113.x", "", "198.51.100.x"]);
    expect(found[0]!.sources[0]).toMatchObject({ count: 2, users: ["anna", "ben"], last_us: T + 5, tone: "good" });
  });
});

test.each([
  [["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "Every day"],
  [["mon", "tue", "wed", "thu", "fri"], "Mon–Fri"],
  [["sat", "sun"], "Sat, Sun"],
  [["mon", "wed", "fri"], "Mon, Wed, Fri"],
  [[], "Never"],
])("%s", (days, said) => expect(daysName(days)).toBe(said));

test("channels are called what people call them", () => {
  expect(channelName("telegram:12", "Ada")).toBe("Telegram: Ada");
  expect(channelName("mqtt", "")).toBe("MQTT");
});
