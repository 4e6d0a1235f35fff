import { heldTables } from "@meanwhile/server";
import { sharedTables } from "@meanwhile/server/testing";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { countWindow, createNonceCounts } from "./nonce-counts.ts";

const lifetimeMs = 1000;

let nowMs: number;
beforeEach(() => {
  nowMs = 0;
});

const countsOf = (capacity?: number) =>
  createNonceCounts(heldTables({ clock: () => nowMs }), lifetimeMs, capacity);

describe("nonce counts (RFC 7616 §3.4)", () => {
  test("are each taken once, in any order within the window", () => {
    const counts = countsOf();
    const take = (count: number) => counts.take("n", 0, "ann", count);
    expect([1, 3, 2, 3, 2, 1].map(take)).toEqual([true, true, true, false, false, false]);
    expect(take(countWindow + 3)).toBe(true);
    expect(take(3)).toBe(false);
    expect(take(4)).toBe(true);
    expect(take(0xff_ff_ff_ff)).toBe(true);
    expect(take(countWindow + 4)).toBe(false);
  });

  test("no count is ever taken twice", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(20), fc.nat(2000))), (asked) => {
        const counts = countsOf();
        const taken = asked.filter((count) => counts.take("n", 0, "ann", count));
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  test("of a nonce that was forgotten for lack of room none are taken any more", () => {
    const counts = countsOf(2);
    const takeAt = (ms: number, nonce: string, issuedMs: number, count: number) => {
      nowMs = ms;
      return counts.take(nonce, issuedMs, "ann", count);
    };
    expect(takeAt(10, "a", 10, 1)).toBe(true);
    expect(takeAt(20, "b", 20, 1)).toBe(true);
    expect(takeAt(30, "c", 30, 1)).toBe(true);
    expect(takeAt(40, "a", 10, 2)).toBe(false);
    expect(takeAt(40, "as old as a", 10, 1)).toBe(false);
    expect(takeAt(40, "b", 20, 2)).toBe(true);
    expect(takeAt(40, "d", 15, 1)).toBe(true);
  });

  test("are kept as long as the nonce is accepted", () => {
    const counts = countsOf();
    expect(counts.take("n", 0, "ann", 1)).toBe(true);
    nowMs = lifetimeMs;
    expect(counts.take("n", 0, "ann", 1)).toBe(false);
  });

  test("tell whose nonce it is", async () => {
    const counts = countsOf();
    await counts.take("n", 0, "ann", 1);
    const known = [counts.knows("n", "ann"), counts.knows("n", "bob"), counts.knows("m", "ann")];
    expect(await Promise.all(known)).toEqual([true, false, false]);
  });

  test("that were taken in one process are taken in another", async () => {
    const open = sharedTables(() => nowMs);
    const [one, other] = [createNonceCounts(open(), lifetimeMs), createNonceCounts(open(), lifetimeMs)];
    expect(await one.take("n", 0, "ann", 1)).toBe(true);
    expect(await other.take("n", 0, "ann", 1)).toBe(false);
    const atOnce = await Promise.all([one, other, one, other].map((counts) => counts.take("n", 0, "ann", 2)));
    expect(atOnce.filter(Boolean)).toEqual([true]);
    expect(await other.knows("n", "ann")).toBe(true);
  });
});
