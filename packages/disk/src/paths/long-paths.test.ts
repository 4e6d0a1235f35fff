/** Linux takes names of up to 4,095 bytes from the root of the file system on: what is longer nobody would find again. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { encodePath, parentOf, parsePath, type ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { beforeEach, expect, test } from "vitest";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";

const mostBytes = 4095;
const name = "d".repeat(200);

let disk: TestDisk;
/** The deepest collection that can be made with names of 200 bytes. */
let deepest: ResourcePath;

const bytesOf = (path: string): number => Buffer.byteLength(disk.local(path));
const below = (path: ResourcePath, bytes: number): ResourcePath =>
  `${path}/${"x".repeat(bytes - bytesOf(path) - 1)}` as ResourcePath;

beforeEach(async () => {
  disk = await makeTestDisk();
  deepest = "/deep" as ResourcePath;
  while (bytesOf(`${deepest}/${name}`) <= mostBytes) deepest = `${deepest}/${name}` as ResourcePath;
  mkdirSync(disk.local(deepest), { recursive: true });
});

const tooLong = { code: "name-too-long" };

test("a document with the longest path there is is made, read and removed", async () => {
  const path = below(deepest, mostBytes);
  const draft = await disk.tree.draft(path, { length: undefined });
  await draft.commit({ modifiedMs: undefined });
  expect(await disk.tree.lookup(path)).toMatchObject({ kind: "document" });
  await disk.tree.remove(path, testWork());
  expect(existsSync(disk.local(path))).toBe(false);
});

test("a byte more is refused, whatever is asked for, and nothing is made", async () => {
  const path = below(deepest, mostBytes + 1);
  mkdirSync(disk.local("/other"));
  const { tree } = disk;
  const asked: readonly (() => unknown)[] = [
    () => tree.lookup(path),
    () => tree.open(path),
    () => tree.properties(path),
    () => tree.draft(path, { length: undefined }),
    () => tree.createCollection(path, []),
    () => tree.copy("/other" as ResourcePath, path, { replace: false, depth: "0" }, testWork()),
    () => tree.move("/other" as ResourcePath, path, { replace: false }, testWork()),
    () => tree.remove(path, testWork()),
  ];
  for (const ask of asked) await expect(Promise.resolve().then(ask)).rejects.toMatchObject(tooLong);
  expect(readdirSync(disk.local(deepest))).toEqual([]);
});

test("members whose copies would lie too deep fail by themselves, and the rest is copied", async () => {
  const destination = parsePath(`/deep-${"e".repeat(150)}`);
  const fits = bytesOf(deepest) + bytesOf(destination) - bytesOf("/deep") <= mostBytes;
  const lost = fits ? below(deepest, mostBytes) : deepest;
  if (fits) mkdirSync(disk.local(lost));
  const work = testWork();
  await disk.tree.copy("/deep" as ResourcePath, destination, { replace: false, depth: "infinity" }, work);
  expect([...work.failures]).toEqual([[lost, "name-too-long"]]);
  const parent = parentOf(lost);
  const kept = parsePath(encodePath(destination, false) + encodePath(parent ?? lost, false).slice(5));
  expect(await disk.tree.lookup(kept)).toMatchObject({ kind: "collection" });
  expect(work.violations).toEqual([]);
});

test.each(["\u00e4".repeat(127), "n".repeat(255), "n".repeat(256), "\u00e4".repeat(128)])(
  "a name whose other spellings are too long is listed as it is (%#)",
  async (long) => {
    const path = `/${long}/${long}` as ResourcePath;
    if (Buffer.byteLength(long) <= 255) mkdirSync(disk.local(path), { recursive: true });
    expect(await disk.tree.listed?.(path)).toBe(path);
  },
);
