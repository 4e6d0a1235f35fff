import { expect, test } from "vitest";
import { Pace } from "./pace.ts";

test("the pace is that of the last seconds, and says how long the rest will take", () => {
  const pace = new Pace();
  expect([pace.rate, pace.left(10)]).toEqual([undefined, undefined]);
  pace.add(0, 0);
  pace.add(1, 100);
  expect(pace.rate).toBeUndefined();
  pace.add(100, 10_000);
  expect(pace.rate).toBeCloseTo(10);
  expect(pace.left(200)).toBeCloseTo(10);
  expect(pace.left(undefined)).toBeUndefined();
  // What was slow at first is forgotten.
  for (let second = 11; second <= 30; second += 1) pace.add(100 + (second - 10) * 50, second * 1000);
  expect(pace.rate).toBeCloseTo(50);
  expect(pace.left(1000)).toBe(0);
});

test("what begins again begins its pace again", () => {
  const pace = new Pace();
  pace.add(500, 0);
  pace.add(0, 5_000);
  pace.add(20, 7_000);
  expect(pace.rate).toBeCloseTo(10);
});

test("where nothing moves nobody knows how long it will take", () => {
  const pace = new Pace();
  for (const atMs of [0, 1000, 2000]) pace.add(5, atMs);
  expect([pace.rate, pace.left(10)]).toEqual([0, undefined]);
});
