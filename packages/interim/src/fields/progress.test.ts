import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProgress, type Progress, parseProgress } from "./progress.ts";

const both: readonly (readonly [string, Progress])[] = [
  ["0/", { done: 0, total: undefined }],
  ["3/20", { done: 3, total: 20 }],
  ['3/20 "POST http://example.com/item/3"', { done: 3, total: 20, remark: "POST http://example.com/item/3" }],
  [
    '3/20 "big.iso" 8020/8591489 (bytes)',
    { done: 3, total: 20, remark: "big.iso", fraction: { done: 8020, total: 8591489, remark: "bytes" } },
  ],
  ["3/20 1/2", { done: 3, total: 20, fraction: { done: 1, total: 2 } }],
  [
    '1/2 "a \\"b\\" \\\\c" 1/2 (\\(d\\) \\\\e)',
    { done: 1, total: 2, remark: 'a "b" \\c', fraction: { done: 1, total: 2, remark: "(d) \\e" } },
  ],
  ["1/2 UTF-8''%C3%89t%C3%A9%20%F0%9F%8C%9E", { done: 1, total: 2, remark: "Été 🌞" }],
  ["1/2 1/2 UTF-8''%E2%82%AC", { done: 1, total: 2, fraction: { done: 1, total: 2, remark: "€" } }],
];

describe("formatProgress", () => {
  test.each(both)("writes %s (draft-wright-http-progress)", (field, progress) => {
    expect(formatProgress(progress)).toBe(field);
  });

  test("leaves out a total below what is done: the denominator MUST NOT be smaller than the numerator", () => {
    expect(formatProgress({ done: 5, total: 4 })).toBe("5/");
  });

  test.each([
    ["CR LF", "a\r\nSet-Cookie: x", '1/ "a Set-Cookie: x"'],
    ["NUL, ESC and DEL", "a\0b\x1b[2Jc\x7f", '1/ "a b [2Jc"'],
    ["half a character", "a\ud800", "1/ UTF-8''a%EF%BF%BD"],
    ["nothing but spaces", " \r\n ", "1/"],
  ])("takes %s out of a remark", (_, remark, field) => {
    expect(formatProgress({ done: 1, total: undefined, remark })).toBe(field);
  });

  test.each(["a".repeat(1_000_000), '"'.repeat(10_000), "é".repeat(10_000)])(
    "caps a remark at 200 bytes",
    (remark) => {
      const field = formatProgress({ done: 1, total: undefined, remark });
      expect(field.length).toBeLessThanOrEqual("1/ ".length + 200);
      expect(field.length).toBeGreaterThan(190);
      const read = parseProgress(field)?.remark ?? "none";
      expect(remark.startsWith(read)).toBe(true);
    },
  );

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d as a count", (count) => {
    expect(() => formatProgress({ done: count, total: undefined })).toThrow(TypeError);
    expect(() => formatProgress({ done: 0, total: 2, fraction: { done: 0, total: count } })).toThrow(
      TypeError,
    );
  });

  test("is printable US-ASCII, below 500 bytes, and reads back, whatever the remark", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.string({ unit: "binary" }),
        fc.string({ unit: "grapheme" }),
        (done, a, b) => {
          const field = formatProgress({
            done,
            total: done,
            remark: a,
            fraction: { done: 1, total: 2, remark: b },
          });
          expect(field).toMatch(/^[\x20-\x7e]{1,500}$/);
          expect(parseProgress(field)).toMatchObject({ done, total: done, fraction: { done: 1, total: 2 } });
        },
      ),
    );
  });
});

describe("parseProgress", () => {
  test.each(both)("reads %s", (field, progress) => {
    expect(parseProgress(field)).toEqual(progress);
  });

  test.each<[string, Progress]>([
    ["  1/2\t (comment)  ", { done: 1, total: 2, remark: "comment" }],
    ["1/2 (a (nested) one)", { done: 1, total: 2, remark: "a (nested) one" }],
    ['1/2 "first" "second"', { done: 1, total: 2, remark: "first" }],
    ["1/2 utf-8'de'%C3%A9", { done: 1, total: 2, remark: "é" }],
    ["1/2 UTF-8''%0D%0Aa%1B", { done: 1, total: 2, remark: " a " }],
    ["1/2 UTF-8''%C3", { done: 1, total: 2 }],
    ['1/2 "open', { done: 1, total: 2 }],
    ["1/2 (open (", { done: 1, total: 2 }],
    ["1/2 unknown 3/4", { done: 1, total: 2 }],
    ["1/2 3/", { done: 1, total: 2 }],
    ["1/2 3/4 5/6", { done: 1, total: 2, fraction: { done: 3, total: 4 } }],
    ['1/2 "a"3/4', { done: 1, total: 2, remark: "a" }],
  ])("reads %j as far as it goes", (field, progress) => {
    expect(parseProgress(field)).toEqual(progress);
  });

  test.each([
    "",
    "1",
    "/2",
    "-1/2",
    "1/2x",
    "1.5/2",
    "a/b",
    "3/2",
    "9007199254740992/",
    "1/99999999999999999",
    `1/2 "${"x".repeat(4096)}"`,
  ])("has nothing to say about %.20j", (field) => {
    expect(parseProgress(field)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123/ \"()\\%CUTF-8'") }),
        (text) => void parseProgress(text),
      ),
    );
  });
});
