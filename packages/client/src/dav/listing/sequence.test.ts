import { expect, test } from "vitest";
import { Sequence } from "./sequence.ts";

function of(...names: readonly string[]): Sequence {
  const sequence = new Sequence();
  for (const name of names) sequence.add(name);
  return sequence;
}

test("the same names in the same order are equal", () => {
  expect(of("a", "b").equals(of("a", "b"))).toBe(true);
  expect(of().equals(of())).toBe(true);
});

test.each([
  ["another name", of("a", "c")],
  ["another order", of("b", "a")],
  ["fewer", of("a")],
  ["more", of("a", "b", "c")],
  ["the same letters in other names", of("ab", "")],
])("%s are not", (_, other) => {
  expect(of("a", "b").equals(other)).toBe(false);
});
