import { expect, test } from "vitest";
import { createAllowance } from "./interim-allowance.ts";

test("what comes at once is bounded; 5,000 of 15 KiB are within", () => {
  const allowance = createAllowance({ now: () => 0 });
  for (let count = 0; count < 5000; count += 1) expect(allowance.take(15 * 1024)).toBe(true);
  let more = 0;
  while (allowance.take(15 * 1024)) more += 1;
  expect(more).toBeLessThan(4000);
});

test("a small one counts as 1 KiB: a flood of those is one too", () => {
  const allowance = createAllowance({ now: () => 0, burstBytes: 10 * 1024 });
  for (let count = 0; count < 10; count += 1) expect(allowance.take(25)).toBe(true);
  expect(allowance.take(25)).toBe(false);
});

test("time fills the store again, and no more than it held", () => {
  let now = 0;
  const allowance = createAllowance({ now: () => now, burstBytes: 10_000, bytesPerSecond: 2000 });
  expect(allowance.take(10_000)).toBe(true);
  now = 1000;
  expect(allowance.take(2000)).toBe(true);
  now = 1_000_000;
  expect(allowance.take(10_000)).toBe(true);
  expect(allowance.take(1)).toBe(false);
});

test("one of 8 KiB each second is news for as long as anybody waits", () => {
  let now = 0;
  const allowance = createAllowance({ now: () => now });
  for (; now < 1000 * 3600 * 24; now += 1000) if (!allowance.take(8 * 1024)) break;
  expect(now).toBe(1000 * 3600 * 24);
});
