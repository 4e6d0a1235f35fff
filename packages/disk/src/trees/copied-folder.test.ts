/** COPY of a folder with files of all kinds, which workers copy by the slice. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import { makeTestDisk } from "../testing/disk.ts";
import { FileThread } from "../workers/file-thread.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const options = { replace: true, depth: "infinity" } as const;
const kib = 1024;

const kinds: readonly (readonly [name: string, bytes: number, mode: number])[] = [
  ["empty", 0, 0o644],
  ["small", 10, 0o640],
  ["at the limit of one read", 128 * kib, 0o600],
  ["above it", 128 * kib + 1, 0o600],
  ["at the limit of one message", 4096 * kib, 0o644],
  ["large", 4096 * kib + 1, 0o644],
  ["read-only", 10, 0o444],
  ["read-only and large", 4096 * kib + 1, 0o444],
  ["a program", 10, 0o755],
  ["setuid", 10, 0o4755],
  ["setuid and large", 4096 * kib + 1, 0o6755],
  // Only the superuser may read it.
  ...(process.getuid?.() === 0 ? ([["without permissions", 10, 0o000]] as const) : []),
];

test("each file gets its content, its permissions without setuid, and its time", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("source"));
  for (const [index, [name, bytes, mode]] of kinds.entries()) {
    const file = disk.local(`source/${name}`);
    writeFileSync(file, Buffer.alloc(bytes, index + 1));
    chmodSync(file, mode);
    utimesSync(file, 1e9, index === 0 ? -86_400 : 1e9 + index + 0.123456);
  }
  const sparse = openSync(disk.local("source/sparse"), "w");
  ftruncateSync(sparse, 300 * kib);
  closeSync(sparse);
  symlinkSync("small", disk.local("source/link"));
  const work = testWork();
  await disk.tree.copy(at("/source"), at("/copy"), options, work);
  expect([...work.failures]).toEqual([]);
  expect(work.violations).toEqual([]);
  expect(work.donePaths.length).toBe(kinds.length + 3);
  expect(new Set(work.donePaths).size).toBe(kinds.length + 3);
  for (const [name, , mode] of kinds) {
    const [from, to] = ["source", "copy"].map((folder) => disk.local(`${folder}/${name}`));
    if (from === undefined || to === undefined) continue;
    expect(readFileSync(to).equals(readFileSync(from)), name).toBe(true);
    expect(lstatSync(to).mode & 0o7777, name).toBe(mode & 0o777 & ~process.umask());
    expect(lstatSync(to, { bigint: true }).mtimeNs / 1000n, name).toBe(
      lstatSync(from, { bigint: true }).mtimeNs / 1000n,
    );
  }
  expect(readFileSync(disk.local("copy/link"), "utf8")).toBe(
    readFileSync(disk.local("source/small"), "utf8"),
  );
  expect(lstatSync(disk.local("copy/sparse")).blocks).toBeLessThanOrEqual(8);
});

test("a file that cannot be copied is told, wherever it is among the others; what is there is not touched", async () => {
  const taken: string[] = [];
  const site = makeCrashSite(({ call, path }) => {
    const name = path?.toString() ?? "";
    if (call !== "create" || !/\/[ace]$/.test(name)) return;
    // As on a file system that takes this name and another for one.
    writeFileSync(name, "another");
    taken.push(name.slice(-1));
  });
  mkdirSync(join(site.folder, "source"));
  for (const name of ["a", "b", "c", "d", "e"]) writeFileSync(join(site.folder, "source", name), name);
  const work = testWork();
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
  expect(taken.sort()).toEqual(["a", "c", "e"]);
  expect(new Map(work.failures)).toEqual(
    new Map(taken.map((name) => [`/source/${name}`, "exists"] as const)),
  );
  for (const name of taken) expect(readFileSync(join(site.folder, "copy", name), "utf8")).toBe("another");
  for (const name of ["b", "d"]) expect(readFileSync(join(site.folder, "copy", name), "utf8")).toBe(name);
});

test("a directory of another member, whose name is taken for the same, gets no members of this one", async () => {
  const site = makeCrashSite(({ call, path }) => {
    const name = path?.toString() ?? "";
    // As on a file system that takes this name and another for one.
    if (call === "mkdir" && name.endsWith("/d")) mkdirSync(name);
  });
  mkdirSync(join(site.folder, "source/d"), { recursive: true });
  writeFileSync(join(site.folder, "source/d/member"), "content");
  const work = testWork();
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
  expect([...work.failures]).toEqual([["/source/d", "exists"]]);
  expect(readdirSync(join(site.folder, "copy/d"))).toEqual([]);
});

test("a part of a file that can be neither completed nor removed is never taken for a copy, however deep it is", async () => {
  let failing = true;
  const site = makeCrashSite(({ call, path }) => {
    if (!failing || (call !== "times" && !(call === "unlink" && path?.toString().endsWith("/deep")))) return;
    throw Object.assign(new Error("EIO"), { code: "EIO" });
  });
  mkdirSync(join(site.folder, "source/d"), { recursive: true });
  writeFileSync(join(site.folder, "source/d/deep"), "content");
  const { tree } = startProcess(site);
  await expect(tree.copy(at("/source"), at("/copy"), options, testWork())).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(existsSync(join(site.folder, "copy"))).toBe(false);
  failing = false;
  await tree.copy(at("/source"), at("/copy"), options, testWork());
  expect(readFileSync(join(site.folder, "copy/d/deep"), "utf8")).toBe("content");
});

interface Meanwhile {
  readonly what: string;
  /** What another program does with a file that was listed and is not opened yet. */
  change(path: string): void;
  /** The content of the copy; undefined where there is none. */
  readonly copy: string | undefined;
}

const secret = "outside of the folder";
const meanwhile: readonly Meanwhile[] = [
  { what: "has grown", change: (path) => appendFileSync(path, " and more"), copy: "content and more" },
  { what: "was cut off", change: (path) => truncateSync(path, 3), copy: "con" },
  {
    what: "was replaced by another",
    change: (path) => {
      writeFileSync(`${path}.new`, "another");
      renameSync(`${path}.new`, path);
    },
    copy: "another",
  },
  { what: "was removed", change: (path) => unlinkSync(path), copy: undefined },
  {
    what: "was replaced by a link",
    change: (path) => {
      unlinkSync(path);
      writeFileSync(join(dirname(dirname(dirname(path))), "secret"), secret);
      symlinkSync("../../secret", path);
    },
    copy: undefined,
  },
  {
    what: "was replaced by a pipe",
    change: (path) => {
      unlinkSync(path);
      execFileSync("mkfifo", [path]);
    },
    copy: undefined,
  },
];

test.each(meanwhile)("a file that $what after it was listed", async ({ change, copy }) => {
  const names = ["a", "b", "c"];
  let [first, second]: (string | undefined)[] = [];
  const site = makeCrashSite(({ call, path }) => {
    const name = path?.toString().slice(-1) ?? "";
    if (call !== "create" || first !== undefined || !names.includes(name)) return;
    first = name;
    second = name === "c" ? "b" : "c";
    change(join(site.folder, "source", second));
  });
  mkdirSync(join(site.folder, "source"));
  for (const name of names) writeFileSync(join(site.folder, "source", name), "content");
  const work = testWork();
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
  const done = join(site.folder, "copy", second ?? "");
  const there = lstatSync(done, { throwIfNoEntry: false });
  if (copy === undefined) {
    expect(there).toBeUndefined();
    expect([...work.failures]).toEqual([[`/source/${second}`, "not-found"]]);
  } else {
    expect([...work.failures]).toEqual([]);
    expect(readFileSync(done, "utf8")).toBe(copy);
  }
  expect(readFileSync(join(site.folder, "copy", first ?? ""), "utf8")).toBe("content");
});

test("a directory that is replaced by a link after it was listed is not left by the copy", async () => {
  const site = makeCrashSite(({ call, path }) => {
    if (call !== "create" || path?.toString().endsWith("/member") !== true) return;
    const directory = join(site.folder, "source/d");
    if (lstatSync(directory).isSymbolicLink()) return;
    renameSync(directory, join(site.folder, "source/moved"));
    mkdirSync(join(site.folder, "../outside"), { recursive: true });
    for (const name of ["member", "member2"]) writeFileSync(join(site.folder, "../outside", name), secret);
    symlinkSync("../../outside", directory);
  });
  mkdirSync(join(site.folder, "source/d"), { recursive: true });
  for (const name of ["member", "member2"]) writeFileSync(join(site.folder, "source/d", name), "content");
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, testWork());
  for (const name of ["member", "member2"])
    expect(readFileSync(join(site.folder, "copy/d", name), "utf8")).toBe("content");
});

test("COPY and DELETE of many directories send messages by time, and not by the member", async () => {
  const disk = await makeTestDisk({ durability: "none" });
  for (let directory = 0; directory < 100; directory += 1) {
    mkdirSync(disk.local(`source/${directory}`), { recursive: true });
    for (let file = 0; file < 10; file += 1)
      writeFileSync(disk.local(`source/${directory}/${file}`), "content");
  }
  const start = vi.spyOn(FileThread.prototype, "start");
  onTestFinished(() => start.mockRestore());
  const copying = testWork();
  await disk.tree.copy(at("/source"), at("/copy"), options, copying);
  const removing = testWork();
  await disk.tree.remove(at("/copy"), removing);
  expect([copying.donePaths.length, removing.donePaths.length]).toEqual([1_101, 1_101]);
  const asked = start.mock.calls.map(([{ operation }]) => operation);
  // Each slice of a walk lasts for 10 ms.
  expect(asked.filter((operation) => operation !== "walkOn").length).toBeLessThan(50);
});
