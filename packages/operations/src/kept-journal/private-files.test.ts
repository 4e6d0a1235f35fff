import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { flushDirectory } from "./content-files.ts";
import { makePrivateDirectory, makePrivateFile, makePrivateFiles } from "./private-files.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meanwhile-private-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test("files with our names get mode 0600, others and what a link leads to keep theirs", async () => {
  const outside = `${directory}.outside`;
  for (const path of [join(directory, "ours-1"), join(directory, "theirs"), outside]) {
    writeFileSync(path, "");
    chmodSync(path, 0o644);
  }
  symlinkSync(outside, join(directory, "ours-2"));
  await makePrivateFiles(directory, /^ours-/);
  expect([modeOf(join(directory, "ours-1")), modeOf(join(directory, "theirs")), modeOf(outside)]).toEqual([
    "600",
    "644",
    "644",
  ]);
  rmSync(outside);
});

test("a directory gets mode 0700", async () => {
  chmodSync(directory, 0o755);
  await makePrivateDirectory(directory);
  expect(modeOf(directory)).toBe("700");
});

test("a file that is gone needs no mode; another failure is told", async () => {
  await makePrivateFile(join(directory, "gone"));
  writeFileSync(join(directory, "file"), "");
  await expect(makePrivateFile(join(directory, "file", "below"))).rejects.toThrow("ENOTDIR");
});

test("a directory that cannot be flushed since it is gone is told", async () => {
  await flushDirectory(directory);
  await expect(flushDirectory(join(directory, "gone"))).rejects.toThrow("ENOENT");
});
