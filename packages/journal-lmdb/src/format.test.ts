import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { currentFormat, type Records, upgradeFormat } from "./format.ts";

let directory: string;
let database: RootDatabase;
let records: Records;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meanwhile-format-"));
  database = open({ path: join(directory, "journal.mdb") });
  records = database.openDB<Uint8Array, string>({ name: "journal", encoding: "binary" });
});

afterEach(async () => {
  await database.close();
  rmSync(directory, { recursive: true });
});

const text = (key: string): string => Buffer.from(records.get(key) ?? []).toString();

/** Writes `mark` behind each record. */
const marking = (mark: string) => (kept: Records) => {
  for (const key of [...kept.getKeys()]) {
    if (key !== "format") kept.putSync(key, Buffer.from(text(key) + mark));
  }
};

test("an empty journal gets the current format", () => {
  upgradeFormat(records, "file");
  expect(text("format")).toBe(`${currentFormat}`);
});

test("the current format is left as it is", async () => {
  await records.put("format", Buffer.from("3"));
  await records.put("a", Buffer.from("record"));
  upgradeFormat(records, "file", { format: 3, steps: {} });
  expect(text("a")).toBe("record");
});

test("an older format is upgraded step by step", async () => {
  await records.put("format", Buffer.from("1"));
  await records.put("a", Buffer.from("record"));
  upgradeFormat(records, "file", { format: 3, steps: { 1: marking(" one"), 2: marking(" two") } });
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
  await records.put("format", Buffer.from("1"));
  await records.put("a", Buffer.from("record"));
  expect(() => upgradeFormat(records, "file", { format: 3, steps })).toThrow(message);
  expect([text("format"), text("a")]).toEqual(["1", "record"]);
});
