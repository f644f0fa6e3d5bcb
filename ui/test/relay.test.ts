import { expect, test } from "vitest";
import { addresses, type Relay } from "../src/relay/addresses";

const RELAY: Relay = {
  enabled: true,
  user: "viewer",
  has_password: true,
  open_port: 0,
  restream_port: 0,
  restream_user: "viewer",
  restream_has_password: false,
  restream_why: "",
  has_page: true,
  has_sub: true,
  cgi: [],
};
const HERE = { origin: "https://house.example:8443", hostname: "house.example" };

test("what is off has no address, and no address holds a password", () => {
  const { pictures, video } = addresses(RELAY, "front-door", HERE);
  expect(pictures.map((each) => each.url)).toEqual(["https://house.example:8443/cam/front-door/snapshot.jpg", "https://house.example:8443/cam/front-door/stream.mjpg"]);
  expect(video).toEqual([]);
});

test("the restream and the port without a log-in are shown as they are reached", () => {
  const { pictures, video } = addresses({ ...RELAY, open_port: 8090, restream_port: 8554 }, "front-door", HERE);
  expect(pictures.at(-1)?.url).toBe("http://127.0.0.1:8090/cam/front-door/stream.mjpg");
  expect(video.map((each) => each.url)).toEqual(["rtsp://viewer@house.example:8554/front-door", "rtsp://viewer@house.example:8554/front-door/sub"]);
  expect(addresses({ ...RELAY, restream_port: 8554, has_sub: false }, "front-door", HERE).video).toHaveLength(1);
});
