import fc from "fast-check";
import { expect, test } from "vitest";
import { DavError } from "../error.ts";
import { parseDepth } from "./depth.ts";

const any = { absent: "infinity", allowed: ["0", "1", "infinity"] } as const;

test.each([
  ["0", "0"],
  ["1", "1"],
  ["infinity", "infinity"],
  ["Infinity", "infinity"],
  ["INFINITY", "infinity"],
  [" 1 ", "1"],
  [undefined, "infinity"],
])("Depth %j is %s (RFC 4918 §10.2)", (value, depth) => {
  expect(parseDepth(value, any)).toBe(depth);
});

test.each(["", "2", "-1", "00", "01", "1.0", "infinite", "inf", "0, 1", "1,noroot", "\u0661"])(
  "Depth %j is refused with 400 (RFC 4918 §10.2)",
  (value) => {
    expect(() => parseDepth(value, any)).toThrow(expect.objectContaining({ status: 400 }));
  },
);

test("a method without a Depth of 1 refuses it (RFC 4918 §9.8.3)", () => {
  const copy = { absent: "infinity", allowed: ["0", "infinity"] } as const;
  expect(parseDepth("0", copy)).toBe("0");
  expect(() => parseDepth("1", copy)).toThrow(DavError);
});

test("a header that is not there may mean another depth than those that may be (RFC 4918 §9.10.3)", () => {
  expect(parseDepth(undefined, { absent: "0", allowed: ["0", "1"] })).toBe("0");
});

test("whatever comes is a depth or a DavError", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      try {
        expect(any.allowed).toContain(parseDepth(value, any));
      } catch (error) {
        if (!(error instanceof DavError)) throw error;
      }
    }),
  );
});
