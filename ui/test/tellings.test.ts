import { expect, test } from "vitest";
import { tellings, toldOf } from "../src/tellings";

test("each telling counts, and only so many events are remembered", () => {
  expect(tellings("a")).toBe(0);
  toldOf("a");
  toldOf("a");
  expect(tellings("a")).toBe(2);
  for (let each = 0; each < 499; each += 1) toldOf(`e${each}`);
  expect(tellings("a")).toBe(2);
  toldOf("one more");
  expect(tellings("a")).toBe(0);
  expect(tellings("e0")).toBe(1);
});
