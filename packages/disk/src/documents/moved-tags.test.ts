import { readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { MovedTags, mostMovedTags } from "./moved-tags.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

async function put(disk: TestDisk, path: string, content: string): Promise<string> {
  const draft = await disk.tree.draft(at(path), { length: undefined });
  await draft.write(Buffer.from(content));
  return (await draft.commit({ modifiedMs: undefined })).resource.etag;
}

const move = (disk: TestDisk, from: string, to: string) =>
  disk.tree.move(at(from), at(to), { replace: true }, testWork());

async function tagOf(disk: TestDisk, path: string): Promise<string | undefined> {
  const resource = await disk.tree.lookup(at(path));
  return resource?.kind === "document" ? resource.etag : undefined;
}

async function listed(disk: TestDisk, name: string): Promise<string | undefined> {
  for await (const members of disk.tree.members(at("/"), { properties: false })) {
    for (const { name: found, resource } of members) {
      if (found === name && resource?.kind === "document") return resource.etag;
    }
  }
  return undefined;
}

test("MOVE of a document keeps its ETag: looked up, listed, opened, moved again, over another, after a restart", async () => {
  const disk = await makeTestDisk();
  const tag = await put(disk, "/a", "content");
  await put(disk, "/other", "other");
  await move(disk, "/a", "/b");
  expect([await tagOf(disk, "/b"), await listed(disk, "b")]).toEqual([tag, tag]);
  const document = await disk.tree.open(at("/b"));
  expect(document.resource.etag).toBe(tag);
  document.close();
  await move(disk, "/b", "/c");
  await move(disk, "/c", "/other");
  expect(await tagOf(disk, "/other")).toBe(tag);
  const next = await disk.reopen();
  expect(await tagOf(next, "/other")).toBe(tag);
});

const changes: readonly [name: string, change: (disk: TestDisk) => Promise<unknown>][] = [
  ["a PUT", (disk) => put(disk, "/b", "changed")],
  ["another program that writes it", async (disk) => writeFileSync(disk.local("b"), "changed")],
  [
    "another program that writes as much, and sets its time back",
    async (disk) => {
      const bytes = readFileSync(disk.local("b")).length;
      writeFileSync(disk.local("b"), "x".repeat(bytes));
      utimesSync(disk.local("b"), 1, 1);
    },
  ],
  [
    "another program that renames another over it",
    async (disk) => {
      writeFileSync(disk.local("new"), "content");
      renameSync(disk.local("new"), disk.local("b"));
    },
  ],
];

test.each(changes)("what changes a moved document changes its ETag: %s", async (_name, change) => {
  const disk = await makeTestDisk();
  const tag = await put(disk, "/a", "content");
  await move(disk, "/a", "/b");
  await change(disk);
  expect(await tagOf(disk, "/b")).not.toBe(tag);
});

test("a document that was changed while it was moved gets another tag", () => {
  const tags = new MovedTags();
  const facts = (mtimeNs: bigint, ctimeNs: bigint, size = 3n) =>
    ({ ino: 1n, size, mtimeNs, ctimeNs }) as Parameters<MovedTags["of"]>[0];
  const before = facts(5n, 5n);
  for (const after of [facts(6n, 7n), facts(5n, 7n, 4n)]) {
    tags.keep(before, after);
    expect(tags.of(after)).not.toBe(tags.of(before));
  }
});

test("no more tags are kept than their limit, the last ones", () => {
  const tags = new MovedTags();
  const facts = (ino: number, ctimeNs: bigint) =>
    ({ ino: BigInt(ino), size: 3n, mtimeNs: 5n, ctimeNs }) as Parameters<MovedTags["of"]>[0];
  for (let ino = 0; ino <= mostMovedTags; ino += 1) tags.keep(facts(ino, 5n), facts(ino, 6n));
  expect(tags.of(facts(0, 6n))).not.toBe(tags.of(facts(0, 5n)));
  expect(tags.of(facts(1, 6n))).toBe(tags.of(facts(1, 5n)));
});
