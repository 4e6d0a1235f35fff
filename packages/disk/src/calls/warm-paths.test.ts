import { expect, test } from "vitest";
import { WarmPaths } from "./warm-paths.ts";

test("a path is warm for five seconds after its last use, and for ten at most", () => {
  let now = 0;
  const warm = new WarmPaths(() => now);
  expect(warm.has("/a")).toBe(false);
  warm.add("/a");
  now = 4_999;
  expect(warm.has("/a")).toBe(true);
  now = 9_000;
  expect(warm.has("/a")).toBe(true);
  warm.add("/a");
  now = 13_999;
  expect(warm.has("/a")).toBe(true);
  now = 40_000;
  expect(warm.has("/a")).toBe(false);
});

test("so many paths as there may be, 100,000 at most are remembered", () => {
  const warm = new WarmPaths(() => 0);
  for (let i = 0; i < 300_000; i += 1) warm.add(`/${i}`);
  let known = 0;
  for (let i = 0; i < 300_000; i += 1) if (warm.has(`/${i}`)) known += 1;
  expect(known).toBeLessThanOrEqual(100_000);
  expect(warm.has("/299999")).toBe(true);
});
