import { mkdirSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

const property = { name: { namespace: "u", local: "p" }, xml: '<p xmlns="u"/>' };

async function madeDisk(): Promise<TestDisk> {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("c"));
  for (const name of ["a", "b", "c/a", "described"]) writeFileSync(disk.local(name), name);
  await disk.tree.patchProperties(at("/described"), [{ action: "set", property }]);
  return disk;
}

test.each([
  ["the removal of a document", "/a", undefined, true],
  ["the removal of a collection", "/c", undefined, false],
  ["the removal of a document with properties", "/described", undefined, false],
  ["the removal of what is not there", "/no", undefined, false],
  ["the move of a document to a name that nothing has", "/a", "/new", true],
  ["the same into another collection", "/a", "/c/new", true],
  ["the move of a document over another", "/a", "/b", false],
  ["the move of a collection", "/c", "/new", false],
  ["the move of a document with properties", "/described", "/new", false],
  ["the move into a collection that is not there", "/a", "/no/new", false],
])("%s changes names alone: %s %s %s", async (_what, source, destination, alone) => {
  const { tree } = await madeDisk();
  const to = destination === undefined ? undefined : at(destination);
  expect(await tree.changesNamesAlone?.(at(source), to)).toBe(alone);
});

testWith(["tmpfs"], "the move of a document to another file system changes more than names", async () => {
  const { tree, local } = await madeDisk();
  onTestFinished(mountTmpfs(local("c"), "1m"));
  expect(await tree.changesNamesAlone?.(at("/a"), at("/c/new"))).toBe(false);
});
