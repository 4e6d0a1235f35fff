import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ResourcePath, rootPath } from "@meanwhile/dav";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { rootMarkName } from "../paths/names.ts";
import { makeFolder, makeTestDisk, openTestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const path = "/a" as ResourcePath;
const refusal = {
  name: "StateError",
  code: "other-root",
  message: expect.stringContaining("--accept-new-root"),
};

test("the first start marks the root, by a hidden name that later starts leave", async () => {
  const disk = await makeTestDisk();
  expect(readdirSync(disk.folder)).toEqual([rootMarkName]);
  const again = await (await disk.reopen()).reopen();
  expect(readdirSync(again.folder)).toEqual([rootMarkName]);
  for await (const members of again.tree.members(rootPath, { properties: false }))
    expect(members).toEqual([]);
});

test("another folder in its place is refused and not changed, unless it is accepted", async () => {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("a"), "");
  await disk.close();
  renameSync(disk.folder, `${disk.folder}-away`);
  mkdirSync(disk.folder);
  const { folder, state } = disk;
  await expect(openTestDisk({ folder, state })).rejects.toMatchObject(refusal);
  expect(readdirSync(folder)).toEqual([]);
  await (await openTestDisk({ folder, state, acceptNewRoot: true })).close();
  await (await openTestDisk({ folder, state })).close();
  rmSync(folder, { recursive: true });
  renameSync(`${folder}-away`, folder);
  await expect(openTestDisk({ folder, state })).rejects.toMatchObject(refusal);
});

test("a copy that has the mark is the same root; so is the folder itself where the mark was removed", async () => {
  const disk = await makeTestDisk();
  await disk.close();
  rmSync(disk.local(rootMarkName));
  await (await disk.reopen()).close();
  expect(readdirSync(disk.folder)).toEqual([rootMarkName]);
  renameSync(disk.folder, `${disk.folder}-away`);
  mkdirSync(disk.folder);
  renameSync(join(`${disk.folder}-away`, rootMarkName), disk.local(rootMarkName));
  await disk.reopen();
});

test("a state without a record takes its root once, unless that is empty and the state knows members", async () => {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("a"), "");
  const property = { name: { namespace: "urn:x", local: "p" }, xml: '<p xmlns="urn:x"/>' };
  await disk.tree.patchProperties(path, [{ action: "set", property }]);
  await disk.close();
  const forget = async (): Promise<void> => {
    const database = open({ path: join(disk.state, "state.mdb"), maxDbs: 32 });
    await database.openDB({ name: "root", encoding: "json" }).drop();
    await database.close();
  };
  await forget();
  await (await disk.reopen()).close();
  await forget();
  rmSync(disk.local("a"));
  await expect(disk.reopen()).rejects.toMatchObject(refusal);
});

test("a root that goes away or is replaced while it is served is unavailable, and never empty", async () => {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("a"), "");
  const away = `${disk.folder}-away`;
  const gone = { name: "TreeError", code: "unavailable" };
  const everything = [
    () => disk.tree.lookup(path),
    () => disk.tree.lookup(rootPath),
    () => disk.tree.open(path),
    () => disk.tree.draft("/new" as ResourcePath, { length: 1 }),
    () => disk.tree.createCollection("/new" as ResourcePath, []),
    () => disk.tree.members(rootPath, { properties: false })[Symbol.asyncIterator]().next(),
  ];
  renameSync(disk.folder, away);
  for (const act of everything) await expect(act()).rejects.toMatchObject(gone);
  mkdirSync(disk.folder);
  for (const act of everything) await expect(act()).rejects.toMatchObject(gone);
  expect(readdirSync(disk.folder)).toEqual([]);
  rmdirSync(disk.folder);
  renameSync(away, disk.folder);
  expect((await disk.tree.lookup(path))?.kind).toBe("document");
});

testWith(["tmpfs"], "a mount that is missing is no empty folder", async () => {
  const { folder, state } = makeFolder();
  const unmount = mountTmpfs(folder, "1m");
  onTestFinished(() => {
    if (readdirSync(folder).length > 0) unmount();
  });
  const disk = await openTestDisk({ folder, state });
  writeFileSync(disk.local("a"), "");
  unmount();
  await expect(disk.tree.lookup(path)).rejects.toMatchObject({ code: "unavailable" });
  await disk.close();
  await expect(openTestDisk({ folder, state })).rejects.toMatchObject(refusal);
  expect(readdirSync(folder)).toEqual([]);
});
