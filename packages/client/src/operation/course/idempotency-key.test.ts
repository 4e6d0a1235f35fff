import { parseIdempotencyKey } from "@meanwhile/interim/fields";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIdempotencyKey } from "./idempotency-key.ts";

test("a key is what the server reads again (RFC 8941 §3.3.3)", () => {
  expect(formatIdempotencyKey("8e03978e-40d5")).toBe('"8e03978e-40d5"');
  expect(formatIdempotencyKey('a "b" \\')).toBe('"a \\"b\\" \\\\"');
  const visible = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.string({ unit: visible, minLength: 1, maxLength: 255 }), (key) => {
      expect(parseIdempotencyKey(formatIdempotencyKey(key))).toBe(key);
    }),
  );
});

test.each([
  ["empty", ""],
  ["too long", "x".repeat(256)],
  ["of two lines", "a\r\nX: y"],
  ["not ASCII", "ä"],
])("one that is %s is refused", (_what, key) => {
  expect(() => formatIdempotencyKey(key)).toThrow(expect.objectContaining({ code: "ERR_IDEMPOTENCY_KEY" }));
});
