import fc from "fast-check";
import { expect, test } from "vitest";
import { createEstimator, defaultEstimatorLimits } from "./duration-estimate.ts";

function taught(durations: readonly number[], limits = {}) {
  const estimator = createEstimator(limits);
  for (const duration of durations) estimator.learn("POST /reports", duration);
  return estimator.expectedMs("POST /reports");
}

test.each<[string, readonly number[], number | undefined]>([
  ["nothing is known of a route that never ran", [], undefined],
  ["two are too few", [30_000, 30_000], undefined],
  ["three are enough", [30_000, 20_000, 25_000], 25_000],
  ["one that hangs does not count for more than one", [1_000, 1_100, 3_600_000], 1_100],
  ["of an even number it is the lower middle", [1, 2, 3, 4], 2],
  ["what was, is forgotten", [...Array(25).fill(60_000), ...Array(25).fill(1_000)], 1_000],
  ["what changed counts from the half on", [...Array(25).fill(1_000), ...Array(13).fill(60_000)], 60_000],
  ["what is no duration is not learnt", [Number.NaN, -1, Number.NaN, 5, 6], undefined],
])("%s", (_name, durations, expected) => {
  expect(taught(durations)).toBe(expected);
});

test("it is the median of the latest durations, whatever they are", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 3, maxLength: 80 }), (durations) => {
      const latest = durations.slice(-defaultEstimatorLimits.recent);
      const expected = taught(durations) ?? Number.NaN;
      expect(latest.filter((one) => one <= expected).length * 2).toBeGreaterThanOrEqual(latest.length);
      expect(latest.filter((one) => one >= expected).length * 2).toBeGreaterThanOrEqual(latest.length);
    }),
  );
});

test("routes beyond the limit: the one that was least recently used goes", () => {
  const estimator = createEstimator({ routes: 2, least: 1 });
  estimator.learn("a", 1);
  estimator.learn("b", 2);
  expect(estimator.expectedMs("a")).toBe(1);
  estimator.learn("c", 3);
  expect([estimator.expectedMs("a"), estimator.expectedMs("b"), estimator.expectedMs("c")]).toEqual([
    1,
    undefined,
    3,
  ]);
  for (let index = 0; index < 100; index += 1) estimator.learn(`/${index}`, index);
  expect(estimator.size).toBe(2);
});

test("names that are too long take no room", () => {
  const estimator = createEstimator({ least: 1 });
  estimator.learn("x".repeat(257), 1);
  estimator.learn("x".repeat(256), 1);
  expect(estimator.size).toBe(1);
});
