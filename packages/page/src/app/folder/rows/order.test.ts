import { expect, test } from "vitest";
import { type Column, comparison, filtered, merged } from "./order.ts";
import type { Row } from "./row.ts";

const row = (name: string, facts: Partial<Row> = {}): Row => ({
  name,
  href: `/${encodeURIComponent(name)}`,
  collection: false,
  length: undefined,
  modified: undefined,
  mayChange: true,
  lock: undefined,
  ...facts,
});
const names = (rows: readonly Row[]): readonly string[] => rows.map(({ name }) => name);
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

test.each<[by: Column, descending: boolean, expected: string]>([
  ["name", false, "z dir,Äpfel,b 2,b 10,c"],
  ["name", true, "z dir,c,b 10,b 2,Äpfel"],
  ["size", false, "z dir,b 10,b 2,c,Äpfel"],
  ["size", true, "z dir,Äpfel,c,b 2,b 10"],
  ["modified", false, "z dir,c,Äpfel,b 10,b 2"],
])("by %s, descending %s: folders come first, numbers count as such", (by, descending, expected) => {
  const rows = [
    row("c", { length: 20, modified: day(1) }),
    row("b 10", { length: 1, modified: day(4) }),
    row("Äpfel", { length: 300, modified: day(2) }),
    row("b 2", { length: 3, modified: day(9) }),
    row("z dir", { collection: true }),
  ];
  const compare = comparison({ by, descending }, "en");
  expect(names(rows.toSorted(compare)).join(",")).toBe(expected);
  // However they arrive, they are in the same order at any time.
  let all: readonly Row[] = [];
  for (const [index, one] of rows.entries()) {
    all = merged(all, [one], compare);
    expect(all).toEqual(rows.slice(0, index + 1).toSorted(compare));
  }
});

test("names that only differ in spelling have an order, too", () => {
  const compare = comparison({ by: "name", descending: false }, "en");
  const [composed, decomposed] = [row("\u00e9"), row("e\u0301")];
  expect([composed, decomposed].toSorted(compare)).toEqual([decomposed, composed].toSorted(compare));
});

test("the filter finds parts of names without regard to case, accents and outer spaces", () => {
  const rows = ["Café.txt", "CAFE\u0301", "decaf", "tea"].map((name) => row(name));
  expect(names(filtered(rows, " cafe "))).toEqual(["Café.txt", "CAFE\u0301"]);
  expect(filtered(rows, "  ")).toBe(rows);
});
