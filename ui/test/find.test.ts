import { describe, expect, it } from "vitest";
import { type Candidate, hostAndPort, isThisMachine, titleOf } from "../src/setup/api";

describe("an address as a person types it", () => {
  it.each([
    ["192.168.1.20", "192.168.1.20", 0],
    [" 192.168.1.20:8080 ", "192.168.1.20", 8080],
    ["http://192.168.1.20/", "192.168.1.20", 0],
    ["https://cam.lan:443/", "cam.lan", 443],
    ["[fd00::7]:80", "[fd00::7]", 80],
  ])("%s", (text, host, port) => expect(hostAndPort(text)).toEqual({ host, port }));

  it.each(["", "two words", "192.168.1.20:99999", "rtsp://192.168.1.20/x", "192.168.1.20/path", "a'b", "<img>"])("%s is none", (text) => expect(hostAndPort(text)).toBeNull());

  it("tells this very machine", () => {
    expect(["127.0.0.1", "localhost", "[::1]", "::1"].every(isThisMachine)).toBe(true);
    expect(["192.168.1.20", "localhost.lan", "cam-127.lan"].some(isThisMachine)).toBe(false);
  });
});

it("calls a device by what it says of itself, once", () => {
  const one: Candidate = { host: "h", port: 80, tls: false, vendor: "onvif", name: "Yard", model: "Yard", firmware: "", mac: "", serial: "", why: "", camera: "" };
  expect(titleOf(one, "ONVIF")).toBe("Yard");
  expect(titleOf({ ...one, model: "DS-2" }, "ONVIF")).toBe("Yard · DS-2");
  expect(titleOf({ ...one, name: "", model: "" }, "ONVIF")).toBe("ONVIF");
  expect(titleOf({ ...one, name: "", model: "" }, "")).toBe("Unknown device");
});
