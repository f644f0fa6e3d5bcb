import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Entry, Finding, Login, Offer, Report } from "../src/doors/api";
import { fieldsOf, filled, followed } from "../src/doors/asking";
import { fits, folded, keyOf, merged, namesIn } from "../src/doors/fold";
import { fixable, grouped, scoreTone, scoreWord, short, worstFirst } from "../src/doors/grades";
import { asker, deed, GROUPS, isForeign, isStranger, offerLabel, offers, tone, verdictsOf, verdictWord, whence } from "../src/doors/words";

const T = 1_795_000_000_000_000;

const login = (more: Partial<Login> = {}): Login => ({
  id: 1,
  camera: "front",
  action: "login",
  verdict: "home",
  source: "log",
  user: "anna",
  address: "192.168.1.20",
  origin: "192.168.1.20",
  at_home: true,
  name: "",
  via: "Web",
  code: "Login",
  at_us: T,
  local_us: T,
  seen_us: T,
  told: false,
  ...more,
});
const foreign = (more: Partial<Login> = {}): Login => login({ verdict: "unknown-user", user: "admin", address: "203.0.113.9", origin: "203.0.113.9", at_home: false, ...more });

describe("verdicts", () => {
  const KNOWN = ["own", "home", "noted", "outside", "place-unknown", "unknown-user", "our-account", "failed", "locked", "account-added", "account-changed", "account-removed", "password-changed", "settings-changed", "log-cleared", "log-gap"];

  test.each(KNOWN)("%s has a word and can be picked", (verdict) => {
    expect(verdictWord(verdict)).not.toMatch(/-/);
    const groups = GROUPS.filter(([, , verdicts]) => verdicts.includes(verdict));
    expect(groups).toHaveLength(verdict === "own" ? 0 : 1);
  });
  test("one that came later is shown, and deserves a look", () => {
    expect(verdictWord("door-knocked")).toBe("Door knocked");
    expect(tone("door-knocked")).toBe("warm");
  });
  test("whoever got in and should not have is foreign; who did not get in is not", () => {
    expect(isForeign(foreign())).toBe(true);
    expect(isForeign(login({ verdict: "failed" }))).toBe(false);
    expect(isForeign(foreign({ verdict: "settings-changed", action: "settings-changed" }))).toBe(true);
    expect(verdictsOf("foreign")).not.toContain("failed");
    expect(verdictsOf("")).toEqual([]);
  });
});

describe("a log-in in words", () => {
  test.each<[Partial<Login>, number, string]>([
    [{}, 1, "anna logged in"],
    [{ user: "" }, 1, "Somebody logged in"],
    [{ action: "denied", user: "root" }, 14, "root was refused 14 times"],
    [{ action: "account-added", user: "eve", source: "accounts" }, 1, "eve is a new account"],
    [{ action: "account-added", user: "admin", source: "log" }, 1, "admin added an account"],
    [{ action: "log-gap", user: "" }, 1, "Lines are missing from the camera's log"],
    [{ action: "other", code: "Shutdown", user: "anna" }, 1, "anna Shutdown"],
  ])("%o, %i times: %s", (more, times, text) => expect(deed(login(more), times)).toBe(text));

  test("whence says inside, outside, through the camera itself, or that nobody knows", () => {
    expect(whence(login()).place).toBe("at home");
    expect(whence(foreign({ name: "host.example" }))).toEqual({ from: "203.0.113.9", place: "outside", name: "host.example" });
    expect(whence(login({ address: "127.0.0.1", at_home: false })).place).toMatch(/through the camera/);
    expect(whence(login({ address: null, origin: "" })).place).toBe("place unknown");
    expect(whence(login({ address: null, origin: "<script>" })).from).toBe("<script>");
  });

  test("somebody at home, or the camera's own cloud, is no stranger in the house", () => {
    const visit = { id: "1", user: "admin", address: "203.0.113.9", origin: "", at_home: false, group: "", via: "", at_us: null };
    expect(isStranger(visit)).toBe(true);
    expect(isStranger({ ...visit, at_home: true })).toBe(false);
    expect(isStranger({ ...visit, address: "127.0.0.1" })).toBe(false);
    expect(isStranger({ ...visit, address: null })).toBe(false);
  });
});

describe("what can be done about a log-in", () => {
  const kinds = (one: Login): string[] => offers(one).map((offer) => `${offer.kind} ${offer.subject}`);
  test("who got in: his password, his address", () => expect(kinds(foreign())).toEqual(["change-password admin", "block-address 203.0.113.9"]));
  test("who did not get in: his address only", () => expect(kinds(foreign({ verdict: "failed", action: "denied" }))).toEqual(["block-address 203.0.113.9"]));
  test("a new account is removed", () => expect(kinds(login({ verdict: "account-added", action: "account-added", source: "accounts", user: "eve", address: null }))).toEqual(["remove-account eve"]));
  test("nothing against those at home", () => expect(kinds(login())).toEqual([]));
  test("cameras block no IPv6 address, and nobody blocks the camera itself", () => {
    expect(kinds(foreign({ address: "2001:db8::9" }))).toEqual(["change-password admin"]);
    expect(kinds(foreign({ address: "127.0.0.1" }))).toEqual(["change-password admin"]);
  });
});

describe("folding", () => {
  test("a thousand guesses are one line, whatever names were tried", () => {
    const guesses = Array.from({ length: 1000 }, (_, number) => foreign({ id: 1000 - number, verdict: "failed", action: "denied", user: `user${number % 5}`, at_us: T - number * 1e5 }));
    const [fold, ...others] = folded(guesses);
    expect(others).toEqual([]);
    expect(fold?.all).toHaveLength(1000);
    expect(fold?.head.id).toBe(1000);
    expect(namesIn(fold!)).toBe("user0, user1 and 3 more");
  });
  test("other people, other cameras, what lies between, and half an hour keep apart", () => {
    const list = [foreign({ id: 9 }), foreign({ id: 8, user: "root" }), foreign({ id: 7 }), foreign({ id: 6, camera: "garden" }), login({ id: 5 }), login({ id: 4, at_us: T - 31 * 60e6 })];
    expect(folded(list)).toHaveLength(6);
  });
  test("a lock or a visit between guessed passwords makes no second line of them", () => {
    const guess = (id: number): Login => foreign({ id, verdict: "failed", action: "denied", user: "root", at_us: T + id });
    const list = [guess(9), login({ id: 8, at_us: T + 8 }), guess(7), foreign({ id: 6, verdict: "locked", action: "locked", user: "root", at_us: T + 6 }), guess(5)];
    expect(folded(list).map((fold) => fold.all.length)).toEqual([3, 1, 1]);
    expect(folded([guess(5), foreign({ ...guess(4), address: "203.0.113.10" })])).toHaveLength(2);
  });
  test("a fold keeps its place on the page when its rows are dated anew", () => {
    const rows = [foreign({ id: 3, at_us: T + 3 }), foreign({ id: 2, at_us: T + 2 }), foreign({ id: 1, at_us: T + 1 })];
    const later = merged(rows, [foreign({ id: 1, at_us: T + 9, source: "log" }), foreign({ id: 4, at_us: T + 10 })]);
    expect(folded(rows).map(keyOf)).toEqual([1]);
    expect(folded(later).map(keyOf)).toEqual([1]);
  });
  test("news come to their place in time, and replace what is known better now", () => {
    const list = [login({ id: 3, at_us: T + 3e6 }), login({ id: 1, at_us: T })];
    const found = merged(list, [foreign({ id: 2, at_us: T + 1e6 }), login({ id: 1, source: "log", told: true })]);
    expect(found.map((one) => one.id)).toEqual([3, 2, 1]);
    expect(found[2]?.told).toBe(true);
    expect(list).toHaveLength(2);
  });
  test("only what fits the choice", () => {
    const all = { camera: "", verdicts: [], start_us: null, end_us: null };
    expect(fits(login(), all)).toBe(true);
    expect(fits(login(), { ...all, camera: "garden" })).toBe(false);
    expect(fits(login(), { ...all, verdicts: verdictsOf("foreign") })).toBe(false);
    expect(fits(login(), { ...all, end_us: T })).toBe(false);
    expect(fits(login(), { ...all, start_us: T })).toBe(true);
  });
});

describe("the audit", () => {
  const finding = (more: Partial<Finding>): Finding => ({ key: "p2p", check: "p2p", subject: "", state: "found", grade: "serious", title: "P2P", saw: "", why: "", fix: "", remedy: null, automatic: false, accepted: false, ...more });
  const report = (findings: Finding[], score: number | null = 50): Report => ({ camera: "front", at_us: T, score, trouble: "", found: findings.filter((one) => one.state === "found").length, unknown: 0, findings });

  test("what is not known never stands among the good", () => {
    const groups = grouped([finding({ state: "unknown" }), finding({ state: "ok", key: "upnp" }), finding({ key: "ssh", grade: "hint" }), finding({ key: "x", accepted: true }), finding({ key: "y", state: "ok", accepted: true })]);
    expect(groups.map((group) => [group.key, group.findings.length, group.folded])).toEqual([
      ["hint", 1, false],
      ["unknown", 1, false],
      ["accepted", 1, true],
      ["ok", 2, true],
    ]);
    expect(groups.find((group) => group.key === "unknown")?.tone).not.toBe("good");
  });
  test("no finding is lost or shown twice", () => {
    const states = ["found", "ok", "unknown"] as const;
    const grades = ["serious", "weak", "hint"] as const;
    const all = states.flatMap((state) => grades.flatMap((grade) => [true, false].map((accepted) => finding({ key: `${state}${grade}${accepted}`, state, grade, accepted }))));
    const shown = grouped(all).flatMap((group) => group.findings.map((one) => one.key));
    expect([...shown].sort()).toEqual(all.map((one) => one.key).sort());
  });
  test("without a score nothing is said to be good", () => {
    expect(scoreTone(null)).toBe("quiet");
    expect(scoreWord(report([], null))).toMatch(/could not/i);
    expect(worstFirst([report([], 90), report([], null), report([], 3)]).map((one) => one.score)).toEqual([3, null, 90]);
  });
  test("what the owner knows of is not fixed behind his back", () => {
    expect(fixable(report([finding({ automatic: true }), finding({ key: "b", automatic: true, accepted: true }), finding({ key: "c" })])).map((one) => one.key)).toEqual(["p2p"]);
  });
  test("sources are left out of the line, not of the text", () => {
    expect(short("It has it. See https://example.org/x and https://example.org/y.")).toBe("It has it.");
    expect(short("See the router.")).toBe("See the router.");
  });
});

describe("asking", () => {
  const offer = (kind: string, more: Partial<Offer> = {}): Offer => ({ kind, camera: "front", subject: "", value: "", label: "", ...more });
  test("only what is missing is asked for", () => {
    expect(fieldsOf(offer("block-address", { subject: "203.0.113.9" }))).toEqual([]);
    expect(fieldsOf(offer("block-address"))).toHaveLength(1);
    expect(fieldsOf(offer("use-ntp", { value: "192.168.1.1" }))).toEqual([]);
    expect(fieldsOf(offer("reboot"))).toEqual([]);
  });
  test("a network change is written as the house reads it", () => {
    expect(filled(offer("change-network"), { address: " 192.168.1.30 ", http_port: "8080", dns: "1.1.1.1, 9.9.9.9", gateway: "" }).value).toBe("address=192.168.1.30 http_port=8080 dns=1.1.1.1,9.9.9.9");
    expect(filled(offer("rename-user", { subject: "admin" }), { value: "keeper" })).toMatchObject({ subject: "admin", value: "keeper" });
  });
  test("services are called what people call them", () => {
    expect(offerLabel(offer("service-off", { subject: "p2p", label: "Switch off p2p" }))).toBe("Switch off: Maker's cloud (P2P)");
    expect(offerLabel(offer("reboot", { label: "Restart the camera" }))).toBe("Restart the camera");
  });
  test("who asked, as people say it", () => expect(["page anna", "telegram 12", "terminal", "system"].map(asker)).toEqual(["anna on the page", "12 on Telegram", "somebody at the machine itself", "Hearthwatch"]));

  describe("following", () => {
    const entry = (state: Entry["state"]): Entry => ({ id: "E1", camera: "front", kind: "reboot", subject: "", value: "", who: "", state, verified: false, text: "", asked_us: T, begun_us: null, ended_us: null });
    beforeAll(() => vi.restoreAllMocks());
    test("goes on while it runs and the house is away, and stops when it ended", async () => {
      const answers: (Entry | Error)[] = [entry("running"), new Error("away"), entry("done")];
      vi.stubGlobal("fetch", async () => {
        const next = answers.shift();
        if (next instanceof Error || !next) throw new TypeError("failed");
        return new Response(JSON.stringify(next), { status: 200 });
      });
      expect((await followed(entry("running"), async () => undefined)).state).toBe("done");
      expect(answers).toEqual([]);
      vi.unstubAllGlobals();
    });
  });
});
