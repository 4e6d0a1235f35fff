import { expect, test } from "vitest";
import { isLockToken } from "./lock-token.ts";

test.each([
  "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4",
  "opaquelocktoken:e71d4fae-5dec-22d6-fea5-00a0c91e6be4",
  "1763788279123456789",
  "a",
  "x".repeat(2048),
])("%s can be a lock token (RFC 4918 §6.5)", (text) => {
  expect(isLockToken(text)).toBe(true);
});

test.each([
  ["nothing", ""],
  ["angle brackets", "<urn:uuid:e71d4fae>"],
  ["what ends a Coded-URL", "1>) (<2"],
  ["a space", "urn:a b"],
  ["a line end", "urn:a\r\nX: y"],
  ["letters beyond ASCII", "urn:é"],
  ["more than 2,048 characters", "x".repeat(2049)],
])("%s cannot be one", (_, text) => {
  expect(isLockToken(text)).toBe(false);
});
