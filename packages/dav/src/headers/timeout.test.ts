import fc from "fast-check";
import { expect, test } from "vitest";
import { DavError } from "../error.ts";
import { formatTimeout, parseTimeout } from "./timeout.ts";

test.each([
  [undefined, undefined],
  ["Infinite", Number.POSITIVE_INFINITY],
  ["infinite", Number.POSITIVE_INFINITY],
  ["Second-3600", 3600],
  ["second-3600", 3600],
  ["Second-0", 0],
  ["Second-007", 7],
  ["Infinite, Second-4100000000", Number.POSITIVE_INFINITY],
  ["Second-4100000000, Infinite", 4_100_000_000],
  ["Second-4294967295", 4_294_967_295],
  ["Second-4294967296", 4_294_967_295],
  [`Second-${"9".repeat(4000)}`, 4_294_967_295],
  ["Minute-5, Second-60", 60],
  ["Extend, Second-60", 60],
  ["Minute-5", undefined],
  ["Second-x, Second-5", 5],
  [", ,Second-5", 5],
])("Timeout %j is %s seconds (RFC 4918 §10.7)", (value, seconds) => {
  expect(parseTimeout(value)).toBe(seconds);
});

test.each([
  "",
  ",",
  "Second-",
  "Second--1",
  "Second-1.5",
  "Second-0x10",
  "Second- 5",
  "one hour",
  "Second-\u0665",
  "<x>",
])("Timeout %j is refused with 400 (RFC 4918 §10.7)", (value) => {
  expect(() => parseTimeout(value)).toThrow(expect.objectContaining({ status: 400 }));
});

test.each([
  [Number.POSITIVE_INFINITY, "Infinite"],
  [3600, "Second-3600"],
  [0.2, "Second-1"],
  [0, "Second-0"],
  [-5, "Second-0"],
  [2 ** 40, "Second-4294967295"],
])("%s seconds are written %s (RFC 4918 §14.29)", (seconds, text) => {
  expect(formatTimeout(seconds)).toBe(text);
});

test("what is written is read as it was", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (seconds) => {
      expect(parseTimeout(formatTimeout(seconds))).toBe(seconds);
    }),
  );
});

test("whatever comes is a number, undefined or a DavError", () => {
  const piece = fc.constantFrom(
    "Second-",
    "Infinite",
    ",",
    " ",
    "5",
    "99999999999",
    "-",
    "Minute-",
    "\u00FF",
    "<",
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => pieces.join("")),
      (value) => {
        try {
          const seconds = parseTimeout(value);
          if (seconds !== undefined) expect(seconds).toBeGreaterThanOrEqual(0);
        } catch (error) {
          if (!(error instanceof DavError)) throw error;
        }
      },
    ),
  );
});

test.each(["Second-", ",", "a,", "Second-1 "])(
  "a million characters of %j take no time to speak of",
  (piece) => {
    try {
      parseTimeout(piece.repeat(1_000_000 / piece.length));
    } catch (error) {
      expect(error).toBeInstanceOf(DavError);
    }
  },
);
