import { expect, test } from "vitest";
import { parseIdempotencyKey } from "./idempotency-key.ts";

const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";

test.each([
  ["no field", undefined, undefined],
  ["a quoted key", `"${uuid}"`, uuid],
  ["a bare key", uuid, uuid],
  ["white space around it", ` "${uuid}" `, uuid],
  ["escapes", '"a\\"b\\\\c"', 'a"b\\c'],
  ["spaces and commas in quotes", '"a, b"', "a, b"],
  ["base64", "q83vASNFZ4k+/w==", "q83vASNFZ4k+/w=="],
  ["255 characters", "k".repeat(255), "k".repeat(255)],
  ["255 characters in quotes, all escaped", `"${"\\\\".repeat(255)}"`, "\\".repeat(255)],
])("parseIdempotencyKey reads %s", (_, value, key) => {
  expect(parseIdempotencyKey(value)).toBe(key);
});

test.each([
  ["an empty field", ""],
  ["an empty key", '""'],
  ["256 characters", "k".repeat(256)],
  ["256 characters in quotes", `"${"k".repeat(256)}"`],
  ["10 KB", "k".repeat(10_000)],
  ["an open quote", '"abc'],
  ["a quote inside", 'a"b'],
  ["two keys", '"a", "b"'],
  ["two bare keys", "a, b"],
  ["spaces in a bare key", "a b"],
  ["parameters", '"a";b=1'],
  ["an unknown escape", '"a\\b"'],
  ["control characters", "a\x00b"],
  ["other letters", "clé"],
])("parseIdempotencyKey refuses %s", (_, value) => {
  expect(() => parseIdempotencyKey(value)).toThrow(RangeError);
  expect(() => parseIdempotencyKey(value)).toThrow(expect.objectContaining({ code: "ERR_IDEMPOTENCY_KEY" }));
});
