/** MOVE where a plain rename is not possible, or means something else. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { listed } from "../testing/listed.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";
import { FileLane } from "../workers/file-lane.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const property = { name: { namespace: "urn:example", local: "a" }, xml: '<a xmlns="urn:example"/>' };

async function describeTree(disk: TestDisk, path: string): Promise<readonly string[]> {
  return listed(disk.local(path), { recursive: true });
}

test("a MOVE that leaves a skipped member leaves links and pipes too, and destroys none", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("c/d"), { recursive: true });
  for (const name of ["c/skipped", "c/d/file"]) writeFileSync(disk.local(name), name);
  symlinkSync("/nowhere", disk.local("c/d/dangling"));
  symlinkSync("file", disk.local("c/d/link"));
  execFileSync("mkfifo", [disk.local("c/pipe")]);
  const work = testWork({ skipped: [at("/c/skipped")] });
  await disk.tree.move(at("/c"), at("/moved"), { replace: false }, work);
  expect(await describeTree(disk, "moved")).toEqual(["d", "d/file", "d/link"]);
  expect(await describeTree(disk, "c")).toEqual(["d", "d/dangling", "pipe", "skipped"]);
  expect(work.violations).toEqual([]);
  expect([...work.donePaths].sort()).toEqual(["/c", "/c/d", "/c/d/file", "/c/d/link"]);
});

test("MOVE of one name of a file to another name of the same file leaves only the new name", async () => {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("a"), "content");
  linkSync(disk.local("a"), disk.local("b"));
  const { created } = await disk.tree.move(at("/a"), at("/b"), { replace: true }, testWork());
  expect(created).toBe(false);
  expect(listed(disk.folder)).toEqual(["b"]);
  expect(readFileSync(disk.local("b"), "utf8")).toBe("content");
});

testWith(
  ["tmpfs"],
  "MOVE to another file system copies, with times and properties, and removes",
  async () => {
    const disk = await makeTestDisk();
    mkdirSync(disk.local("mount"));
    onTestFinished(mountTmpfs(disk.local("mount"), "16m"));
    mkdirSync(disk.local("c/d"), { recursive: true });
    writeFileSync(disk.local("c/d/file"), "content", { mode: 0o755 });
    await disk.tree.touch(at("/c/d/file"), 1_000_000_000_123);
    await disk.tree.patchProperties(at("/c/d/file"), [{ action: "set", property }]);
    const work = testWork();
    await disk.tree.move(at("/c"), at("/mount/c"), { replace: false }, work);
    expect(existsSync(disk.local("c"))).toBe(false);
    expect(readFileSync(disk.local("mount/c/d/file"), "utf8")).toBe("content");
    expect(lstatSync(disk.local("mount/c/d/file")).mode & 0o777).toBe(0o755 & ~process.umask());
    expect((await disk.tree.lookup(at("/mount/c/d/file")))?.modifiedMs).toBe(1_000_000_000_123);
    expect(await disk.tree.properties(at("/mount/c/d/file"))).toEqual([property]);
    expect(await disk.tree.properties(at("/c/d/file"))).toEqual([]);
    expect(work.violations).toEqual([]);
    expect(work.donePaths.length).toBe(work.foundMembers);
  },
);

testWith(["tmpfs"], "a mount inside a collection fails its removal, and the mount stays", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("c/mount"), { recursive: true });
  onTestFinished(mountTmpfs(disk.local("c/mount"), "1m"));
  const work = testWork();
  await disk.tree.remove(at("/c"), work);
  expect([...work.failures]).toEqual([["/c/mount", "denied"]]);
  expect(existsSync(disk.local("c/mount"))).toBe(true);
});

/** A folder with a mounted folder (with a member) and a mounted file, as containers have them. */
async function diskWithMounts(): Promise<TestDisk> {
  const disk = await makeTestDisk();
  for (const path of ["c/mount", "s"]) mkdirSync(disk.local(path), { recursive: true });
  for (const path of ["outside", "c/file", "document", "s/a"]) writeFileSync(disk.local(path), path);
  onTestFinished(mountTmpfs(disk.local("c/mount"), "1m"));
  writeFileSync(disk.local("c/mount/member"), "member");
  execFileSync("mount", ["--bind", disk.local("outside"), disk.local("c/file")]);
  onTestFinished(() => void execFileSync("umount", ["-l", disk.local("c/file")]));
  return disk;
}

const onMounts: readonly (readonly [name: string, act: (tree: TestDisk["tree"]) => unknown])[] = [
  ["DELETE of a mounted folder", (tree) => tree.remove(at("/c/mount"), testWork())],
  ["DELETE of a mounted file", (tree) => tree.remove(at("/c/file"), testWork())],
  [
    "MOVE of a mounted folder",
    (tree) => tree.move(at("/c/mount"), at("/new"), { replace: false }, testWork()),
  ],
  ["MOVE of a mounted file", (tree) => tree.move(at("/c/file"), at("/new"), { replace: false }, testWork())],
  ["MOVE of a folder with mounts", (tree) => tree.move(at("/c"), at("/new"), { replace: false }, testWork())],
  [
    "MOVE over a mounted folder",
    (tree) => tree.move(at("/s"), at("/c/mount"), { replace: true }, testWork()),
  ],
  ["MOVE over a folder with mounts", (tree) => tree.move(at("/s"), at("/c"), { replace: true }, testWork())],
  [
    "COPY over a folder with mounts",
    (tree) => tree.copy(at("/s"), at("/c"), { replace: true, depth: "infinity" }, testWork()),
  ],
];

testWith(
  ["tmpfs"],
  "what is mounted is not removed, moved or replaced, and nothing in it is touched",
  async () => {
    for (const [name, act] of onMounts) {
      const disk = await diskWithMounts();
      const before = await describeTree(disk, ".");
      await expect(Promise.resolve(act(disk.tree)), name).rejects.toMatchObject({ code: "denied" });
      expect(await describeTree(disk, "."), name).toEqual(before);
      expect(readFileSync(disk.local("outside"), "utf8"), name).toBe("outside");
    }
  },
);

testWith(
  ["tmpfs"],
  "DELETE of a folder with mounts removes what is not mounted, and names the mounts",
  async () => {
    const disk = await diskWithMounts();
    writeFileSync(disk.local("c/other"), "");
    const work = testWork();
    await disk.tree.remove(at("/c"), work);
    expect(new Map(work.failures)).toEqual(
      new Map([
        ["/c/file", "denied"],
        ["/c/mount", "denied"],
      ]),
    );
    expect(await describeTree(disk, "c")).toEqual(["file", "mount", "mount/member"]);
  },
);

test("a MOVE of a document within a folder that is in use asks no worker", async () => {
  const disk = await makeTestDisk({ durability: "none" });
  writeFileSync(disk.local("a"), "content");
  // On a busy machine a call may seem slow, though the file system is not.
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const move = (from: string, to: string) => disk.tree.move(at(from), at(to), { replace: false }, testWork());
  await move("/a", "/b");
  await move("/b", "/a");
  const run = vi.spyOn(FileLane.prototype, "run");
  onTestFinished(() => run.mockRestore());
  await move("/a", "/b");
  expect(run.mock.calls).toEqual([]);
});
