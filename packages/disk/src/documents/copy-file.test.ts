import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";

const megabyte = 1024 * 1024;

/** Makes a file with holes, and some content at these places. */
function makeSparse(disk: TestDisk, bytes: number, places: readonly number[]): void {
  const fd = openSync(disk.local("source"), "w");
  ftruncateSync(fd, bytes);
  for (const at of places) writeSync(fd, `content at ${at}`, at);
  closeSync(fd);
}

const sparse: readonly [name: string, bytes: number, places: readonly number[]][] = [
  [
    "content at the beginning, in the middle and at the end",
    16 * megabyte,
    [0, 9 * megabyte + 5, 16 * megabyte - 30],
  ],
  ["a hole at the end", 16 * megabyte + 7, [0]],
  ["a hole at the beginning", 5 * megabyte, [5 * megabyte - 20]],
  ["nothing but a hole", 3 * megabyte, []],
  ["a small file", 100_000, [50_000]],
];

test.each(sparse)("COPY of a sparse file keeps its holes: %s", async (_name, bytes, places) => {
  const disk = await makeTestDisk();
  makeSparse(disk, bytes, places);
  const before = statSync(disk.local("source"));
  // Where the file system of the tests has no holes, there are none to keep.
  expect(before.size).toBe(bytes);
  const options = { replace: true, depth: "infinity" } as const;
  await disk.tree.copy("/source" as ResourcePath, "/copy" as ResourcePath, options, testWork());
  const after = statSync(disk.local("copy"));
  expect(after.size).toBe(bytes);
  expect(after.blocks).toBeLessThanOrEqual(before.blocks + 8);
  expect(readFileSync(disk.local("copy")).equals(readFileSync(disk.local("source")))).toBe(true);
});

test("COPY of a file without holes writes its zeros", async () => {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("source"), Buffer.alloc(2 * megabyte));
  const options = { replace: true, depth: "infinity" } as const;
  await disk.tree.copy("/source" as ResourcePath, "/copy" as ResourcePath, options, testWork());
  expect(statSync(disk.local("copy")).blocks).toBe(statSync(disk.local("source")).blocks);
});
