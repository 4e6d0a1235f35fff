import { mkdirSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import type { DocumentChange } from "@meanwhile/server/store";
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

const change = (method: DocumentChange["method"], source: string, destination: string): DocumentChange =>
  method === "remove"
    ? { method, source: at(source) }
    : { method, source: at(source), destination: at(destination) };

test.each([
  ["the removal of a document", "remove", "/a", "", true],
  ["the removal of a collection", "remove", "/c", "", false],
  ["the removal of a document with properties", "remove", "/described", "", false],
  ["the removal of what is not there", "remove", "/no", "", false],
  ["the move of a document to a name that nothing has", "move", "/a", "/new", true],
  ["the same into another collection", "move", "/a", "/c/new", true],
  ["the move of a document over another", "move", "/a", "/b", false],
  ["the move of a collection", "move", "/c", "/new", false],
  ["the move of a document with properties", "move", "/described", "/new", false],
  ["the move into a collection that is not there", "move", "/a", "/no/new", false],
  ["the copy of a document to a name that nothing has", "copy", "/a", "/c/new", true],
  ["the copy of a document over another", "copy", "/a", "/b", false],
  ["the copy of a collection", "copy", "/c", "/new", false],
  ["the copy of a document with properties", "copy", "/described", "/new", false],
] as const)("%s is one change, or more: %s %s %s", async (_what, method, source, destination, isOne) => {
  const { tree } = await madeDisk();
  expect(await tree.isOneChange?.(change(method, source, destination))).toBe(isOne);
});

testWith(
  ["tmpfs"],
  "the move of a document to another file system is more than one change, and its copy is one",
  async () => {
    const { tree, local } = await madeDisk();
    onTestFinished(mountTmpfs(local("c"), "1m"));
    expect(await tree.isOneChange?.(change("move", "/a", "/c/new"))).toBe(false);
    expect(await tree.isOneChange?.(change("copy", "/a", "/c/new"))).toBe(true);
  },
);
