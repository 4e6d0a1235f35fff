/** A file system that cannot have a name says so in words of its own: ENOENT (exFAT by FUSE), EINVAL (FAT in Linux). */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const placement = { replace: true, depth: "infinity" } as const;

const ways: readonly (readonly [what: string, (tree: Tree) => Promise<unknown>])[] = [
  [
    "PUT",
    async (tree) => {
      const draft = await tree.draft(at("/a:b"), { length: 1 });
      try {
        await draft.write(Buffer.from("x"));
        await draft.commit({ modifiedMs: undefined });
      } finally {
        await draft.discard();
      }
    },
  ],
  ["MKCOL", async (tree) => tree.createCollection(at("/a:b"), [])],
  ["COPY of a file", (tree) => tree.copy(at("/file"), at("/a:b"), placement, testWork())],
  ["COPY of a folder", (tree) => tree.copy(at("/folder"), at("/a:b"), placement, testWork())],
  ["MOVE of a file", (tree) => tree.move(at("/file"), at("/a:b"), placement, testWork())],
  ["MOVE of a folder", (tree) => tree.move(at("/folder"), at("/a:b"), placement, testWork())],
];
const cases = ways.flatMap(([what, run]) => ["ENOENT", "EINVAL"].map((errno) => ({ what, errno, run })));

function makeTree(errno: string): { readonly tree: Tree; readonly folder: string } {
  const site = makeCrashSite(({ call, path, to }) => {
    const names = ["create", "mkdir", "rename", "link"].includes(call);
    const name = `${to ?? path ?? ""}`.split("/").at(-1) ?? "";
    if (names && name.includes(":")) throw Object.assign(new Error(errno), { code: errno });
  });
  writeFileSync(join(site.folder, "file"), "file");
  mkdirSync(join(site.folder, "folder"));
  writeFileSync(join(site.folder, "folder/member"), "member");
  return { tree: startProcess(site).tree, folder: site.folder };
}

test.each(cases)(
  "$what to such a name ($errno) is refused for its name, and nothing stays",
  async (given) => {
    const { tree, folder } = makeTree(given.errno);
    await expect(given.run(tree)).rejects.toMatchObject({ name: "TreeError", code: "name-refused" });
    expect(readdirSync(folder).toSorted()).toEqual(["file", "folder"]);
    expect(existsSync(join(folder, "folder/member"))).toBe(true);
  },
);

test("a member with such a name fails by itself", async () => {
  const { tree, folder } = makeTree("ENOENT");
  writeFileSync(join(folder, "folder/x:y"), "x");
  mkdirSync(join(folder, "folder/d:"));
  const work = testWork();
  await tree.copy(at("/folder"), at("/copy"), placement, work);
  expect(new Map([...work.failures].toSorted())).toEqual(
    new Map([
      ["/folder/d:", "name-refused"],
      ["/folder/x:y", "name-refused"],
    ]),
  );
  expect(readdirSync(join(folder, "copy"))).toEqual(["member"]);
});

test("a parent that is missing is still told as missing", async () => {
  const { tree, folder } = makeTree("ENOENT");
  await expect(tree.createCollection(at("/none/a:b"), [])).rejects.toMatchObject({ code: "parent-missing" });
  const draft = await tree.draft(at("/folder/a:b"), { length: 0 });
  rmSync(join(folder, "folder"), { recursive: true });
  const commit = Promise.resolve(draft.commit({ modifiedMs: undefined }));
  await expect(commit).rejects.not.toMatchObject({ code: "name-refused" });
  await draft.discard();
});
