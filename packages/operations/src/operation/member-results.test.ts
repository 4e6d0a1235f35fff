import fc from "fast-check";
import { expect, test } from "vitest";
import { keptResults, RecentResults } from "./member-results.ts";

const uris = (results: readonly { readonly uri: string }[]): readonly string[] =>
  results.map(({ uri }) => uri);

test("failures come first, the latest first in each kind", () => {
  const results = new RecentResults();
  for (const [status, uri] of [
    [200, "a"],
    [423, "b"],
    [201, "c"],
    [403, "d"],
  ] as const)
    results.add(status, uri);
  expect(results.since(0)).toEqual([
    { status: 403, uri: "d" },
    { status: 423, uri: "b" },
    { status: 201, uri: "c" },
    { status: 200, uri: "a" },
  ]);
  expect(uris(results.since(2))).toEqual(["d", "c"]);
  expect(results.since(results.latest)).toEqual([]);
  expect(uris(results.failed())).toEqual(["b", "d"]);
});

test("they are trimmed when there are twice as many as are kept", () => {
  const { successes } = keptResults;
  const results = new RecentResults();
  const add = (count: number): number => {
    for (let number = 0; number < count; number += 1) results.add(200, "ok");
    return results.since(0).length;
  };
  expect(add(2 * successes - 1)).toBe(2 * successes - 1);
  expect(add(1)).toBe(successes);
});

test("a URI that costs something is made only when it is shown", () => {
  const results = new RecentResults();
  let made = 0;
  results.add(200, () => {
    made += 1;
    return `made ${made}`;
  });
  expect(made).toBe(0);
  expect(uris(results.since(0))).toEqual(["made 1"]);
});

test("of many successes the latest are kept, of many failures the first, and all are counted", () => {
  const results = new RecentResults();
  for (let number = 1; number <= 5000; number += 1) results.add(200, `ok ${number}`);
  for (let number = 1; number <= 5000; number += 1) results.add(500, `failed ${number}`);
  expect(results.latest).toBe(10_000);
  expect(results.failures).toBe(5000);
  expect(results.failed()).toHaveLength(keptResults.failures);
  expect(results.failed()[0]?.uri).toBe("failed 1");
  const successes = results.since(0).filter(({ status }) => status === 200);
  expect(successes[0]?.uri).toBe("ok 5000");
  expect(successes.length).toBeGreaterThanOrEqual(keptResults.successes);
  expect(successes.length).toBeLessThan(2 * keptResults.successes);
});

test("who asks in steps is told of each result once, as long as it is kept", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(200, 423), fc.boolean()), { maxLength: 60 }), (steps) => {
      const results = new RecentResults();
      const told: string[] = [];
      let after = 0;
      for (const [index, [status, ask]] of steps.entries()) {
        results.add(status, String(index));
        if (!ask) continue;
        told.push(...uris(results.since(after)));
        after = results.latest;
      }
      told.push(...uris(results.since(after)));
      expect(told.map(Number).sort((a, b) => a - b)).toEqual(steps.map((_step, index) => index));
    }),
  );
});
