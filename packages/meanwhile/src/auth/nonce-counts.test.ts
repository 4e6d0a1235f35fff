import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countWindow, createNonceCounts } from "./nonce-counts.ts";

describe("nonce counts (RFC 7616 §3.4)", () => {
  test("are each taken once, in any order within the window", () => {
    const counts = createNonceCounts();
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
        const counts = createNonceCounts();
        const taken = asked.filter((count) => counts.take("n", 0, "ann", count));
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  test("of a nonce that was forgotten for lack of room none are taken any more", () => {
    const counts = createNonceCounts(2);
    expect(counts.take("a", 10, "ann", 1)).toBe(true);
    expect(counts.take("b", 20, "ann", 1)).toBe(true);
    expect(counts.take("c", 30, "ann", 1)).toBe(true);
    expect(counts.take("a", 10, "ann", 2)).toBe(false);
    expect(counts.take("as old as a", 10, "ann", 1)).toBe(false);
    expect(counts.take("b", 20, "ann", 2)).toBe(true);
    expect(counts.take("d", 15, "ann", 1)).toBe(true);
  });

  test("tell whose nonce it is", () => {
    const counts = createNonceCounts();
    counts.take("n", 0, "ann", 1);
    expect([counts.knows("n", "ann"), counts.knows("n", "bob"), counts.knows("m", "ann")]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
