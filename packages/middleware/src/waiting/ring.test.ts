import { expect, test } from "vitest";
import { Ring } from "./ring.ts";

test("things are taken in the order in which they came, without those that left", () => {
  const ring = new Ring<string[]>();
  expect([ring.isEmpty, ring.first]).toEqual([true, undefined]);
  const [, leave] = ["a", "b", "c", "d"].map((name) => ring.add([name]));
  leave?.();
  leave?.();
  expect(ring.first).toEqual(["a"]);
  ring.takeFirst();
  expect(ring.takeAll()).toEqual([["c"], ["d"]]);
  expect(ring.isEmpty).toBe(true);
});

test("one that left before all were taken is not taken out of what came since", () => {
  const ring = new Ring<string[]>();
  const leave = ring.add(["a"]);
  ring.takeAll();
  ring.add(["b"]);
  leave();
  expect(ring.takeAll()).toEqual([["b"]]);
});
