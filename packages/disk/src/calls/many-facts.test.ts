import type { BigIntStats } from "node:fs";
import { expect, test } from "vitest";
import { entityTag } from "../documents/resource.ts";
import { FactsGatherer, factsAt } from "./many-facts.ts";

function stats(ino: bigint, size: bigint): BigIntStats {
  const [mtimeNs, ctimeNs] = [-1_500_000_000n + ino, 1_790_000_000_123_456_789n + size];
  const times = { mtimeNs, ctimeNs, mtimeMs: mtimeNs / 1_000_000n, ctimeMs: ctimeNs / 1_000_000n };
  return { mode: 0o100644n, ino, size, birthtimeMs: 7n, ...times } as BigIntStats;
}

test("of each name all is told that was found, and the tag that it has alone, to the last bit", () => {
  const found = [0n, 1n, 2n ** 64n - 1n, 2n ** 63n].map((ino, at) => stats(ino, BigInt(at) * 2n ** 40n + 3n));
  const gathered = new FactsGatherer(found.length);
  for (const [at, one] of found.entries()) gathered.found(at, one);
  const all = structuredClone(gathered.all());
  for (const [at, one] of found.entries()) {
    expect(factsAt(all, at)).toEqual({
      mode: 0o100644,
      size: Number(one.size),
      modifiedMs: Number(one.mtimeMs),
      changedMs: Number(one.ctimeMs),
      createdMs: 7,
      tag: entityTag(one),
    });
  }
});

test("what is not there, and what cannot be looked at, stands between others and changes nothing of theirs", () => {
  const gathered = new FactsGatherer(4);
  gathered.found(1, stats(5n, 6n));
  gathered.failed(2, Object.assign(new Error(), { errno: -13 }));
  gathered.failed(3, new Error());
  const all = gathered.all();
  expect(factsAt(all, 0)).toBeUndefined();
  expect(factsAt(all, 1)).toMatchObject({ size: 6, tag: entityTag(stats(5n, 6n)) });
  expect(factsAt(all, 2)).toMatchObject({ code: "EACCES" });
  expect(factsAt(all, 3)).toMatchObject({ code: "EIO" });
});

test("of no names nothing is told", () => {
  expect(factsAt(new FactsGatherer(0).all(), 0)).toBeUndefined();
});
