import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { describe, expect, test } from "vitest";
import { makeFolder, makeTestDisk, openTestDisk } from "../testing/disk.ts";
import { hasNoOwner, hasRefusedName, isLeftBehind, isReservedName, reservedName } from "./names.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

test.each([
  [".meanwhile-a~", true],
  [".MEANWHILE-a~", true],
  [".meanwhile-a\nb~", true],
  [".meanwhile-~", true],
  [".meanwhile-a", false],
  [".meanwhile", false],
  ["a.meanwhile-a~", false],
  [".meanwhile-a~b", false],
])("%j is reserved: %s", (name, reserved) => {
  expect(isReservedName(name)).toBe(reserved);
  expect(hasRefusedName(at(`/${name}`), "linux")).toBe(reserved);
  expect(hasRefusedName(at(`/a/${name}/b`), "linux")).toBe(reserved);
});

test("a reserved name has the work in it where that is safe, and is reserved in any case", () => {
  const owner = { id: "a1", epoch: 7 };
  expect(reservedName(owner, "0b52-x", "r")).toBe(".meanwhile-a1.7.0b52-x-r~");
  for (const work of ["../up", "a/b", "", "x".repeat(300), "ä"]) {
    expect(isReservedName(reservedName(owner, work, "r"))).toBe(true);
    expect(reservedName(owner, work, "r")).not.toMatch(/\/|\.\./);
  }
});

test.each([
  ["of this start", { id: "a1", epoch: 7 }, false],
  ["of an earlier start", { id: "a1", epoch: 6 }, true],
  ["of a later start, as a restored state finds it", { id: "a1", epoch: 10 }, false],
  ["of another state", { id: "a10", epoch: 1 }, false],
])("a name %s is left behind: %s", (_of, owner, left) => {
  const name = reservedName(owner, "put", "r-staged");
  expect(isLeftBehind(name, { id: "a1", epoch: 7 })).toBe(left);
  expect(hasNoOwner(name)).toBe(false);
});

test.each([
  [".meanwhile-put-0123~", true],
  [".meanwhile-0b52-x-r-staged~", true],
  [".meanwhile-root~", false],
  ["put", false],
])("%j is a name that has no owner: %s", (name, ownerless) => {
  expect(hasNoOwner(name)).toBe(ownerless);
  expect(isLeftBehind(name, { id: "put", epoch: 7 })).toBe(false);
});

test.each(["con", "a:b", "a\\b", "dot.", "space ", "nul.txt", "a?", "\u0007"])(
  "Windows has no name %j",
  (name) => {
    expect(hasRefusedName(at(`/a/${name}`), "win32")).toBe(true);
    expect(hasRefusedName(at(`/a/${name}`), "linux")).toBe(false);
  },
);

test("no resource can have a name that is not well-formed", () => {
  expect(hasRefusedName(at("/a\uD800"), "linux")).toBe(true);
});

describe("a reserved name", () => {
  test("is not there, for any act, at any position of a path", async () => {
    const disk = await makeTestDisk();
    mkdirSync(disk.local(".meanwhile-x~"));
    writeFileSync(disk.local(".meanwhile-x~/file"), "hidden");
    const refused = { code: "name-refused" };
    const copy = { replace: true, depth: "infinity" } as const;
    for (const path of ["/.meanwhile-x~", "/.meanwhile-x~/file", "/.MEANWHILE-x~", "/.meanwhile-y~"].map(
      at,
    )) {
      expect(await disk.tree.lookup(path)).toBeUndefined();
      await expect(disk.tree.open(path)).rejects.toMatchObject({ code: "not-found" });
      await expect(disk.tree.remove(path, testWork())).rejects.toMatchObject({ code: "not-found" });
      await expect(disk.tree.draft(path, { length: 0 })).rejects.toMatchObject(refused);
      await expect(disk.tree.createCollection(path, [])).rejects.toMatchObject(refused);
      await expect(disk.tree.copy(at("/"), path, copy, testWork())).rejects.toMatchObject(refused);
    }
    for await (const batch of disk.tree.members(at("/"), { properties: false })) expect(batch).toEqual([]);
    expect(readdirSync(disk.local(".meanwhile-x~"))).toEqual(["file"]);
  });

  test("is left out of a COPY, uncounted, and removed with its collection", async () => {
    const disk = await makeTestDisk();
    mkdirSync(disk.local("c/.meanwhile-x~/deep"), { recursive: true });
    writeFileSync(disk.local("c/.meanwhile-y~"), "");
    const copying = testWork();
    await disk.tree.copy(at("/c"), at("/copy"), { replace: false, depth: "infinity" }, copying);
    expect(copying.foundMembers).toBe(1);
    expect(readdirSync(disk.local("copy"))).toEqual([]);
    const removing = testWork();
    await disk.tree.remove(at("/c"), removing);
    expect(removing.donePaths).toEqual(["/c"]);
    expect(existsSync(disk.local("c"))).toBe(false);
  });

  test("of a draft is unguessable, beside its target, and gone at the end", async () => {
    const disk = await makeTestDisk();
    mkdirSync(disk.local("c"));
    const draft = await disk.tree.draft(at("/c/d"), { length: undefined });
    const [name] = readdirSync(disk.local("c"));
    expect(name).toMatch(/^\.meanwhile-[0-9a-f]{16}\.1\.put-[0-9a-f]{32}~$/);
    await draft.discard();
    await draft.discard();
    expect(readdirSync(disk.local("c"))).toEqual([]);
  });
});

describe("a state directory within the folder", () => {
  test("is no resource, and keeps the collections above it", async () => {
    const { folder } = makeFolder();
    mkdirSync(join(folder, "c/other"), { recursive: true });
    const disk = await openTestDisk({ folder, state: join(folder, "c/state") });
    expect(await disk.tree.lookup(at("/c/state"))).toBeUndefined();
    expect(await disk.tree.lookup(at("/c/state/state.mdb"))).toBeUndefined();
    await expect(disk.tree.draft(at("/c/state/new"), { length: 0 })).rejects.toMatchObject({
      code: "name-refused",
    });
    const names: string[] = [];
    for await (const batch of disk.tree.members(at("/c"), { properties: false })) {
      names.push(...batch.map((member) => member.name));
    }
    expect(names).toEqual(["other"]);
    await disk.tree.copy(at("/c"), at("/copy"), { replace: false, depth: "infinity" }, testWork());
    expect(readdirSync(join(folder, "copy"))).toEqual(["other"]);
    const denied = { code: "denied" };
    await expect(
      disk.tree.move(at("/c"), at("/moved"), { replace: false }, testWork()),
    ).rejects.toMatchObject(denied);
    const replace = { replace: true, depth: "infinity" } as const;
    await expect(disk.tree.copy(at("/copy"), at("/c"), replace, testWork())).rejects.toMatchObject(denied);
    const removing = testWork();
    await disk.tree.remove(at("/c"), removing);
    expect([...removing.failures]).toEqual([["/c", "denied"]]);
    expect(readdirSync(join(folder, "c"))).toEqual(["state"]);
  });
});
