import { mkdirSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import type { DocumentChange } from "@meanwhile/server/store";
import { expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

const property = { name: { namespace: "u", local: "p" }, xml: '<p xmlns="u"/>' };

async function madeDisk(options: Parameters<typeof makeTestDisk>[0] = {}): Promise<TestDisk> {
  const disk = await makeTestDisk(options);
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
  ["the removal of a document", "remove", "/a", "", "at once"],
  ["the removal of a collection", "remove", "/c", "", undefined],
  ["the removal of a document with properties", "remove", "/described", "", undefined],
  ["the removal of what is not there", "remove", "/no", "", undefined],
  ["the move of a document to a name that nothing has", "move", "/a", "/new", "at once"],
  ["the same into another collection", "move", "/a", "/c/new", "in steps"],
  ["the move of a document over another", "move", "/a", "/b", undefined],
  ["the move of a collection", "move", "/c", "/new", undefined],
  ["the move of a document with properties", "move", "/described", "/new", undefined],
  ["the move into a collection that is not there", "move", "/a", "/no/new", undefined],
  ["the copy of a document to a name that nothing has", "copy", "/a", "/c/new", "at once"],
  ["the copy of a document over another", "copy", "/a", "/b", undefined],
  ["the copy of a collection", "copy", "/c", "/new", undefined],
  ["the copy of a document with properties", "copy", "/described", "/new", undefined],
] as const)("%s is one change, or more: %s %s %s", async (_what, method, source, destination, one) => {
  const { tree } = await madeDisk();
  expect(await tree.oneChange?.(change(method, source, destination))).toBe(one);
});

test("where nothing is synced, the move into another collection is made at once", async () => {
  const { tree } = await madeDisk({ durability: "none" });
  expect(await tree.oneChange?.(change("move", "/a", "/c/new"))).toBe("at once");
});

testWith(
  ["tmpfs"],
  "the move of a document to another file system is more than one change, and its copy is one",
  async () => {
    const { tree, local } = await madeDisk();
    onTestFinished(mountTmpfs(local("c"), "1m"));
    expect(await tree.oneChange?.(change("move", "/a", "/c/new"))).toBeUndefined();
    expect(await tree.oneChange?.(change("copy", "/a", "/c/new"))).toBe("at once");
  },
);
