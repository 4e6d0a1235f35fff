import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recheckMs, watchedFileBytes, watchFile } from "./watched-file.ts";

let folder: string;
let path: string;
let nowMs: number;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-watched-"));
  path = join(folder, "users");
  nowMs = 0;
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function watch(absent?: { text: string }) {
  return watchFile({
    path,
    parse(text) {
      if (text.includes("broken")) throw new Error("line 1: is broken");
      return { text };
    },
    clock: () => nowMs,
    warn: (message) => void warnings.push(message),
    ...(absent === undefined ? {} : { absent }),
  });
}

describe("a watched file", () => {
  test("is read again when it changed, at most once a second", () => {
    writeFileSync(path, "one");
    const file = watch();
    const first = file.current();
    writeFileSync(path, "two, longer");
    nowMs = recheckMs - 1;
    expect(file.current()).toBe(first);
    nowMs = recheckMs;
    expect(file.current()).toEqual({ text: "two, longer" });
  });

  test("is read again when it was replaced by one of the same size and time", () => {
    writeFileSync(path, "one");
    utimesSync(path, 1, 1);
    const file = watch();
    writeFileSync(`${path}.new`, "two");
    utimesSync(`${path}.new`, 1, 1);
    renameSync(`${path}.new`, path);
    nowMs = recheckMs;
    expect(file.current()).toEqual({ text: "two" });
  });

  test("stays the same object while nothing changes", () => {
    writeFileSync(path, "one");
    const file = watch();
    const first = file.current();
    nowMs = 10 * recheckMs;
    expect(file.current()).toBe(first);
  });

  test("keeps the last good version, and warns once of each broken one", () => {
    writeFileSync(path, "good");
    const file = watch();
    writeFileSync(path, "broken");
    for (nowMs = recheckMs; nowMs < 5 * recheckMs; nowMs += recheckMs)
      expect(file.current().text).toBe("good");
    expect(warnings).toEqual([`${path}: line 1: is broken; what it said before stays in force`]);
    rmSync(path);
    nowMs += recheckMs;
    expect(file.current().text).toBe("good");
    expect(warnings).toHaveLength(2);
    writeFileSync(path, "better");
    nowMs += recheckMs;
    expect(file.current().text).toBe("better");
  });

  test("need not be there at the start where that has a meaning, and is read when it comes", () => {
    const file = watch({ text: "default" });
    expect(file.current().text).toBe("default");
    writeFileSync(path, "here");
    nowMs = recheckMs;
    expect(file.current().text).toBe("here");
    rmSync(path);
    nowMs = 2 * recheckMs;
    expect(file.current().text).toBe("here");
    expect(warnings).toEqual([`${path}: there is no such file; what it said before stays in force`]);
  });

  test("is refused at the start, in one line with its name", () => {
    expect(() => watch()).toThrow(`${path}: there is no such file`);
    writeFileSync(path, "broken");
    expect(() => watch()).toThrow(`${path}: line 1: is broken`);
    writeFileSync(path, Uint8Array.of(0x61, 0xff));
    expect(() => watch()).toThrow(`${path}: is not UTF-8 text`);
    writeFileSync(path, "x".repeat(watchedFileBytes + 1));
    expect(() => watch()).toThrow(`${path}: larger than 1048576 bytes`);
    path = folder;
    expect(() => watch()).toThrow(`${folder}: not a file`);
  });
});
