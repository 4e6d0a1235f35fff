import { beforeEach, expect, test } from "vitest";
import { recordsInMemory } from "../testing/own/records-in-memory.ts";
import { currentFormat, upgradeFormat } from "./format.ts";
import type { JournalRecords, JournalStore } from "./journal-store.ts";

let kept: Map<string, Uint8Array>;
let store: JournalStore;

beforeEach(() => {
  const records = recordsInMemory();
  store = records;
  kept = records.kept;
});

const text = (key: string): string => Buffer.from(kept.get(key) ?? []).toString();

/** Writes `mark` behind each record. */
const marking = (mark: string) => (records: JournalRecords) => {
  for (const { key } of records.range()) {
    if (key !== "format") records.put(key, Buffer.from(text(key) + mark));
  }
};

test("an empty journal gets the current format", async () => {
  await upgradeFormat(store, "file");
  expect(text("format")).toBe(`${currentFormat}`);
});

test("the current format is left as it is", async () => {
  kept.set("format", Buffer.from("3"));
  kept.set("a", Buffer.from("record"));
  await upgradeFormat(store, "file", { format: 3, steps: {} });
  expect(text("a")).toBe("record");
});

test("an older format is upgraded step by step", async () => {
  kept.set("format", Buffer.from("1"));
  kept.set("a", Buffer.from("record"));
  await upgradeFormat(store, "file", { format: 3, steps: { 1: marking(" one"), 2: marking(" two") } });
  expect([text("format"), text("a")]).toEqual(["3", "record one two"]);
});

test.each([
  [
    "throws",
    {
      1: marking(" one"),
      2: () => {
        throw new RangeError("no");
      },
    },
    "no",
  ],
  [
    "is missing",
    { 1: marking(" one") },
    "the journal file has format 1, which this version cannot upgrade to 3",
  ],
])("where a step %s, nothing is changed", async (_what, steps, message) => {
  kept.set("format", Buffer.from("1"));
  kept.set("a", Buffer.from("record"));
  await expect(upgradeFormat(store, "file", { format: 3, steps })).rejects.toThrow(message);
  expect([text("format"), text("a")]).toEqual(["1", "record"]);
});
