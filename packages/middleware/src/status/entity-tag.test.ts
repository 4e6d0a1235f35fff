import { expect, test } from "vitest";
import { entityTag, matchesWeakly, passesMatch } from "./entity-tag.ts";

test("a tag is quoted, and changes with any byte (RFC 9110 §8.8.3)", () => {
  expect(entityTag("a")).toMatch(/^"[\w-]{22}"$/);
  expect(entityTag("a")).toBe(entityTag("a"));
  expect(entityTag("b")).not.toBe(entityTag("a"));
});

test.each([
  [undefined, false, true],
  ["*", true, true],
  ['"a"', true, true],
  ['W/"a"', true, false],
  ['"b", "a"', true, true],
  ['"b", W/"c"', false, false],
  ["a", false, false],
  ["", false, false],
])("%j: If-None-Match names it: %s, If-Match lets it pass: %s (RFC 9110 §13.1)", (field, named, passes) => {
  expect([matchesWeakly(field, '"a"'), passesMatch(field, '"a"')]).toEqual([named, passes]);
});
