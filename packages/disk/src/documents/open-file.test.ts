/** A document's file is opened once, without a look at its name just before: what has the name by then decides. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { OpenDocument } from "@meanwhile/server/store";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { fileOperations } from "../calls/file-operations.ts";
import { makeFolder, makeTestDisk, type TestDisk } from "../testing/disk.ts";

const path = "/way/doc" as ResourcePath;

async function contentOf(document: OpenDocument): Promise<string> {
  try {
    return Buffer.from(await document.bytes({ start: 0, end: document.resource.length })).toString();
  } finally {
    document.close();
  }
}

/** A file that was opened a moment ago, in a worker and on the calling thread. */
async function warmDisk(): Promise<TestDisk> {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("way"));
  writeFileSync(disk.local("way/doc"), "before");
  mkdirSync(disk.local("other"));
  writeFileSync(disk.local("other/doc"), "elsewhere");
  for (let times = 0; times < 3; times += 1)
    expect(await contentOf(await disk.tree.open(path))).toBe("before");
  return disk;
}

const swaps: readonly (readonly [string, (disk: TestDisk) => void, string])[] = [
  ["a pipe", (disk) => execFileSync("mkfifo", [disk.local("way/doc")]), "not-found"],
  ["nothing", () => {}, "not-found"],
  ["a directory", (disk) => mkdirSync(disk.local("way/doc")), "is-a-collection"],
  ["a link to nothing", (disk) => symlinkSync("none", disk.local("way/doc")), "not-found"],
  ["a link out of the folder", (disk) => symlinkSync("/etc/passwd", disk.local("way/doc")), "not-found"],
];
for (const [what, swap, code] of swaps) {
  testWith(["linux"], `where a file was, ${what} is found`, async () => {
    const disk = await warmDisk();
    rmSync(disk.local("way/doc"));
    swap(disk);
    for (let times = 0; times < 3; times += 1) {
      await expect(disk.tree.open(path)).rejects.toMatchObject({ name: "TreeError", code });
    }
  });
}

testWith(
  ["linux"],
  "another file that took the name is opened, and one by way of a link within the folder",
  async () => {
    const disk = await warmDisk();
    writeFileSync(disk.local("new"), "after");
    renameSync(disk.local("new"), disk.local("way/doc"));
    expect(await contentOf(await disk.tree.open(path))).toBe("after");
    rmSync(disk.local("way/doc"));
    symlinkSync("../other/doc", disk.local("way/doc"));
    expect(await contentOf(await disk.tree.open(path))).toBe("elsewhere");
  },
);

testWith(["linux"], "a link that takes the place of a directory on the way leads nowhere", async () => {
  const disk = await warmDisk();
  renameSync(disk.local("way"), disk.local("moved"));
  symlinkSync("other", disk.local("way"));
  await expect(disk.tree.open(path)).rejects.toMatchObject({ code: "not-found" });
});

testWith(["linux"], "what was no file a moment ago is looked at, and not opened", async () => {
  const { folder } = makeFolder();
  const socket = join(folder, "socket");
  const server = createServer().listen(socket);
  onTestFinished(() => void server.close());
  // A socket cannot be opened: that would fail.
  expect(fileOperations.openFile(socket, false, -1)).toBeUndefined();
  expect(() => fileOperations.openFile(socket, true, -1)).toThrow("ENXIO");
});

testWith(["linux"], "what is refused leaves no descriptor open", async () => {
  const { folder } = makeFolder();
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  writeFileSync(join(folder, "small"), "small");
  const before = readdirSync("/proc/self/fd").length;
  for (let times = 0; times < 20; times += 1) {
    expect(fileOperations.openFile(pipe, true, -1)).toBeUndefined();
    expect(fileOperations.openFile(folder, true, -1)).toBeUndefined();
    const opened = fileOperations.openFile(join(folder, "small"), true, 5);
    expect(Buffer.from(opened?.content ?? []).toString()).toBe("small");
  }
  expect(readdirSync("/proc/self/fd")).toHaveLength(before);
});
