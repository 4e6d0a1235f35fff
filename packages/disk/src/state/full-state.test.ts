/** The disk of the state directory is full: what frees room goes on, the rest is refused, and the server starts. */
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeFolder, openTestDisk, type TestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const set = (value: string) =>
  [
    { action: "set", property: { name: { namespace: "u", local: "p" }, xml: `<p xmlns="u">${value}</p>` } },
  ] as const;

interface FullState {
  readonly disk: TestDisk;
  readonly reserve: string;
  fill(): void;
  empty(): void;
}

async function fullState(size = "16m"): Promise<FullState> {
  const { folder, state } = makeFolder();
  mkdirSync(state);
  onTestFinished(mountTmpfs(state, size));
  const disk = await openTestDisk({ folder, state });
  for (const name of ["a", "b", "c"]) writeFileSync(disk.local(name), name);
  const filling = join(state, "filling");
  return {
    disk,
    reserve: join(state, "reserve"),
    fill() {
      for (let block = 64 * 1024; block >= 1; block = Math.floor(block / 8)) {
        try {
          for (;;) writeFileSync(filling, Buffer.alloc(block), { flag: "a" });
        } catch {
          // No block of this size fits any more.
        }
      }
    },
    empty: () => rmSync(filling),
  };
}

testWith(["tmpfs"], "a DELETE goes on where a COPY, a MOVE and a PROPPATCH are refused", async () => {
  const { disk, fill } = await fullState();
  const { tree } = disk;
  await tree.patchProperties(at("/a"), set("x".repeat(100_000)));
  fill();
  const noSpace = { name: "TreeError", code: "no-space" };
  const large = set("y".repeat(500_000));
  await expect(tree.patchProperties(at("/b"), large)).rejects.toMatchObject(noSpace);
  const copied = tree.copy(at("/a"), at("/d"), { replace: false, depth: "0" }, testWork());
  await expect(copied).rejects.toMatchObject(noSpace);
  await tree.remove(at("/a"), testWork());
  expect(existsSync(disk.local("a"))).toBe(false);
  expect(await tree.properties(at("/a"))).toEqual([]);
});

testWith(
  ["tmpfs"],
  "the room is held from the first start, and given up only for what frees room",
  async () => {
    const { disk, fill, reserve } = await fullState();
    expect(statSync(reserve).size).toBe(1024 * 1024);
    expect(statSync(reserve).mode & 0o777).toBe(0o600);
    fill();
    await expect(disk.tree.patchProperties(at("/b"), set("y".repeat(500_000)))).rejects.toThrow();
    expect(existsSync(reserve)).toBe(true);
    await disk.tree.remove(at("/c"), testWork());
    expect(existsSync(disk.local("c"))).toBe(false);
  },
);

testWith(["tmpfs"], "a start on a full disk works, and takes the room again once there is some", async () => {
  const { disk, fill, empty, reserve } = await fullState();
  fill();
  await disk.close();
  const again = await openTestDisk({ folder: disk.folder, state: disk.state });
  await again.tree.remove(at("/a"), testWork());
  await again.close();
  empty();
  await openTestDisk({ folder: disk.folder, state: disk.state });
  expect(existsSync(reserve)).toBe(true);
});

testWith(["tmpfs"], "a first start on a full disk says so in a sentence", async () => {
  const { folder, state } = makeFolder();
  mkdirSync(state);
  onTestFinished(mountTmpfs(state, "8k"));
  writeFileSync(join(state, "filling"), Buffer.alloc(8 * 1024));
  await expect(openTestDisk({ folder, state })).rejects.toMatchObject({
    code: "no-space",
    message: `the disk with the state directory ${state} is full: free some room there, then start again`,
  });
});
