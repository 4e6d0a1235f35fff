import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DocumentResource } from "../store.ts";
import { contentRange, isRangeCurrent, maxRanges, selectRanges } from "./ranges.ts";

const ranges = (value: string | undefined, length: number): readonly (readonly number[])[] | string => {
  const selection = selectRanges(value, length);
  return selection.kind === "parts" ? selection.ranges.map(({ start, end }) => [start, end]) : selection.kind;
};

describe("Range (RFC 9110 §14.1.2, §14.2)", () => {
  test.each([
    [undefined, 10_000, "whole"],
    ["bytes=0-499", 10_000, [[0, 500]]],
    ["bytes=500-999", 10_000, [[500, 1000]]],
    ["bytes=-500", 10_000, [[9500, 10_000]]],
    ["bytes=9500-", 10_000, [[9500, 10_000]]],
    [
      "bytes=0-0,-1",
      10_000,
      [
        [0, 1],
        [9999, 10_000],
      ],
    ],
    [
      "bytes= 0-999, 4500-5499, -1000",
      10_000,
      [
        [0, 1000],
        [4500, 5500],
        [9000, 10_000],
      ],
    ],
    [
      "bytes=500-600,601-999",
      10_000,
      [
        [500, 601],
        [601, 1000],
      ],
    ],
    [
      "bytes=500-700,601-999",
      10_000,
      [
        [500, 701],
        [601, 1000],
      ],
    ],
    [
      "bytes=700-800,0-99",
      10_000,
      [
        [700, 801],
        [0, 100],
      ],
    ],
    ["BYTES=0-0", 10, [[0, 1]]],
    ["bytes=0-", 10, [[0, 10]]],
    ["bytes=5-5000000000000000000000", 10, [[5, 10]]],
    ["bytes=-5000000000000000000000", 10, [[0, 10]]],
    ["bytes=20-30,5-5", 10, [[5, 6]]],
    ["bytes=,0-1,", 10, [[0, 2]]],
    // None of it lies within.
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=10-20,30-40", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=99999999999999999999-", 10, "unsatisfiable"],
    ["bytes=1-", 0, "unsatisfiable"],
    // All of nothing.
    ["bytes=0-", 0, "whole"],
    ["bytes=0-0", 0, "whole"],
    ["bytes=-5", 0, "whole"],
    // Not to be understood.
    ["bytes", 10, "whole"],
    ["bytes=", 10, "whole"],
    ["bytes=,", 10, "whole"],
    ["bytes=-", 10, "whole"],
    ["bytes=a-b", 10, "whole"],
    ["bytes=0x1-2", 10, "whole"],
    ["bytes=+1-2", 10, "whole"],
    ["bytes=1.5-2", 10, "whole"],
    ["bytes=3-2", 10, "whole"],
    ["bytes=0-1,3-2", 10, "whole"],
    ["bytes=1 - 2", 10, "whole"],
    ["bytes=--5", 10, "whole"],
    ["lines=0-1", 10, "whole"],
  ])("%s of %d bytes", (value, length, expected) => {
    expect(ranges(value, length)).toEqual(expected);
  });

  test("more ranges than the limit are answered with the whole", () => {
    const many = (count: number): string =>
      `bytes=${Array.from({ length: count }, (_, index) => `${index * 2}-${index * 2}`).join(",")}`;
    expect(ranges(many(maxRanges), 100_000)).toHaveLength(maxRanges);
    expect(ranges(many(maxRanges + 1), 100_000)).toBe("whole");
  });

  test.each([
    ["more than two overlaps", "bytes=0-9,5-14,10-19,15-24", "whole"],
    [
      "two overlaps",
      "bytes=0-9,5-14,10-19",
      [
        [0, 10],
        [5, 15],
        [10, 20],
      ],
    ],
    ["more bytes in all than there are", "bytes=0-,0-", "whole"],
  ])("%s: nobody gets more than the whole (§17.15)", (_what, value, expected) => {
    expect(ranges(value, 1000)).toEqual(expected);
  });

  test("whatever is asked for, parts lie within the representation and are no more than it", () => {
    const spec = fc
      .tuple(fc.option(fc.nat(30)), fc.option(fc.nat(30)))
      .map(([a, b]) => `${a ?? ""}-${b ?? ""}`);
    fc.assert(
      fc.property(fc.array(spec), fc.nat(25), (specs, length) => {
        const selection = selectRanges(`bytes=${specs.join(",")}`, length);
        if (selection.kind !== "parts") return;
        let bytes = 0;
        for (const { start, end } of selection.ranges) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(length);
          bytes += end - start;
        }
        expect(bytes).toBeLessThanOrEqual(length);
      }),
    );
  });

  test("a value of many kilobytes is read in a time that grows with its length only", () => {
    expect(ranges(`bytes=${" \t".repeat(50_000)}0-0`, 10)).toEqual([[0, 1]]);
    expect(ranges(`bytes=${"0".repeat(100_000)}-x`, 10)).toBe("whole");
  });

  test("Content-Range counts the last byte (§14.4)", () => {
    expect(contentRange({ start: 42, end: 1234 }, 1234)).toBe("bytes 42-1233/1234");
  });
});

describe("If-Range (RFC 9110 §13.1.5)", () => {
  const modifiedMs = Date.UTC(2026, 0, 15, 12, 0, 0, 250);
  const modified = "Thu, 15 Jan 2026 12:00:00 GMT";
  const resource: DocumentResource = {
    kind: "document",
    length: 9,
    modifiedMs,
    createdMs: undefined,
    etag: '"v1"',
  };

  test.each([
    [undefined, 0, true],
    ['"v1"', 0, true],
    ['"v2"', 0, false],
    ['W/"v1"', 0, false],
    [modified, 3600, true],
    [modified, 59, false],
    ["Thu, 15 Jan 2026 12:00:01 GMT", 3600, false],
    ["Thu, 15 Jan 2026 11:59:59 GMT", 3600, false],
    ["v1", 3600, false],
    ["", 3600, false],
  ])("%s, %d s after the change: %s", (value, seconds, current) => {
    expect(isRangeCurrent(value, resource, modifiedMs + seconds * 1000)).toBe(current);
  });
});
