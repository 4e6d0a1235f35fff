import { expect, test } from "vitest";
import { createRate } from "./rate.ts";

test("nothing can be said of one sample", () => {
  const rate = createRate();
  expect(rate.perSecond(0)).toBeUndefined();
  rate.note(0, 0);
  expect(rate.perSecond(5000)).toBeUndefined();
});

test("it is the growth of the last ten seconds, not of all time", () => {
  const rate = createRate();
  for (let second = 0; second <= 100; second += 1) rate.note(second * 1000, second * 1000);
  expect(rate.perSecond(100_000)).toBeCloseTo(1000, 0);
  for (let second = 1; second <= 20; second += 1) rate.note(100_000 + second * 10, 100_000 + second * 1000);
  expect(rate.perSecond(120_000)).toBeCloseTo(10, 0);
});

test("what stands still slows down", () => {
  const rate = createRate();
  rate.note(0, 0);
  rate.note(1000, 1000);
  expect(rate.perSecond(1000)).toBe(1000);
  expect(rate.perSecond(12_000)).toBe(100);
});

test("samples that come each millisecond give the rate of the last ten seconds", () => {
  const rate = createRate();
  for (let at = 0; at < 50_000; at += 1) rate.note(at * 100, at);
  for (let at = 50_000; at <= 62_000; at += 1) rate.note(5_000_000 + (at - 50_000) * 3, at);
  expect(rate.perSecond(62_000)).toBeCloseTo(3000, -1);
});
