import { expect, test } from "vitest";
import { memoryJournal } from "./memory-journal.ts";
import { defaultRetention, fullRetention } from "./retention.ts";

test("what is left out of a retention is its default", () => {
  expect(fullRetention()).toEqual(defaultRetention);
  expect(fullRetention({ entries: 0, keepMs: Number.POSITIVE_INFINITY })).toEqual({
    ...defaultRetention,
    entries: 0,
    keepMs: Number.POSITIVE_INFINITY,
  });
});

test.each([
  ["keepMs", -1],
  ["keepMs", "72h"],
  ["entries", Number.NaN],
  ["bytes", {}],
])("a retention whose %s is %o is refused by the journal, by its name", (name, value) => {
  const given = { [name]: value } as never;
  expect(() => memoryJournal(given)).toThrow(expect.objectContaining({ code: "ERR_RETENTION" }));
  expect(() => memoryJournal(given)).toThrow(`retention: ${name} is a number`);
});
