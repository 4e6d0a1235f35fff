import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { Batch } from "../tables/layer.ts";
import { ChangeLog } from "./change-log.ts";

function makeFile(): string {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-log-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return join(place, "log");
}

function opened(file: string, written = 0, database = "this") {
  const { log, missed } = ChangeLog.open({ file, database, written });
  onTestFinished(() => log.close());
  return { log, keys: missed.map(([one]) => one?.changes[0]?.[0]) };
}

const batch = (key: string, value = "x"): Batch => [{ name: "t", encoding: "json", changes: [[key, value]] }];

test("lines are read again, but for those that the database has", () => {
  const file = makeFile();
  const { log } = opened(file);
  for (const key of "abc") log.append(batch(key));
  expect(log.last).toBe(3);
  expect(opened(file).keys).toEqual(["a", "b", "c"]);
  expect(opened(file, 2).keys).toEqual(["c"]);
  expect(opened(file, 7).log.last).toBe(7);
});

test("numbers go on after the lines are gone", () => {
  const file = makeFile();
  const { log } = opened(file);
  log.append(batch("a"));
  log.clear();
  expect(statSync(file).size).toBe(0);
  log.append(batch("b"));
  expect(opened(file, 1).keys).toEqual(["b"]);
});

test("those of another database count for nothing", () => {
  const file = makeFile();
  opened(file).log.append(batch("a"));
  expect(opened(file, 0, "that").keys).toEqual([]);
});

test("wherever it is cut off or damaged, the lines before that are read, and new ones follow them", () => {
  const file = makeFile();
  const { log } = opened(file);
  const ends = [..."abcd"].map((key) => {
    log.append(batch(key, `\n${key}`));
    return statSync(file).size;
  });
  const whole = readFileSync(file);
  const before = (at: number): readonly string[] =>
    [..."abcd"].filter((_, index) => (ends[index] ?? 0) <= at);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.boolean(), (at, cut) => {
      writeFileSync(file, whole);
      if (cut) truncateSync(file, at);
      else
        writeFileSync(
          file,
          whole.map((byte, index) => (index === at ? byte ^ 0x55 : byte)),
        );
      const { log: next, keys } = opened(file);
      expect(keys).toEqual(before(at));
      next.append(batch("next"));
      expect(opened(file).keys).toEqual([...before(at), "next"]);
    }),
    { numRuns: 100 },
  );
});

test("zeros behind the last line, as a loss of power leaves them, are no lines", () => {
  const file = makeFile();
  opened(file).log.append(batch("a"));
  appendFileSync(file, Buffer.alloc(4096));
  expect(opened(file).keys).toEqual(["a"]);
});

test("it takes a megabyte of lines, and is empty again when they are gone", () => {
  const { log } = opened(makeFile());
  while (log.hasRoom) log.append(batch("a", "x".repeat(100_000)));
  expect(log.last).toBe(11);
  log.clear();
  expect(log.hasRoom).toBe(true);
});

test("bytes are the same when they are read again", () => {
  const file = makeFile();
  const bytes = Buffer.from([0, 10, 13, 255, 128]);
  opened(file).log.append([{ name: "t", encoding: "binary", changes: [["a", bytes], ["b"]] }]);
  const { log, missed } = ChangeLog.open({ file, database: "this", written: 0 });
  onTestFinished(() => log.close());
  expect(missed).toEqual([[{ name: "t", encoding: "binary", changes: [["a", bytes], ["b"]] }]]);
});
