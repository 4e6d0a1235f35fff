/** The decision in docs/decisions/0010-links-in-the-served-folder.md, position by position. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import { makeFolder, makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { listed } from "../testing/listed.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
let disk: TestDisk;
let tree: Tree;
let outside: string;

beforeEach(async () => {
  disk = await makeTestDisk();
  tree = disk.tree;
  outside = makeFolder().folder;
  mkdirSync(join(outside, "directory"));
  writeFileSync(join(outside, "directory/secret"), "secret");
  writeFileSync(join(outside, "file"), "secret");
  mkdirSync(disk.local("inside/deep"), { recursive: true });
  writeFileSync(disk.local("inside/file"), "shared");
});

async function put(path: string, content: string): Promise<void> {
  const draft = await tree.draft(at(path), { length: undefined });
  await draft.write(Buffer.from(content));
  await draft.commit({ modifiedMs: undefined });
}

async function names(path: string): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const batch of tree.members(at(path), { properties: false }))
    all.push(...batch.map(({ name }) => name));
  return all.sort();
}

/** Links that are no resource: by what they lead to. */
const hiddenLinks: readonly (readonly [name: string, target: () => string])[] = [
  ["a file outside", () => join(outside, "file")],
  ["a directory outside", () => join(outside, "directory")],
  ["a directory inside", () => disk.local("inside")],
  ["nothing", () => disk.local("nothing")],
  ["itself", () => disk.local("link")],
  ["the folder itself", () => disk.folder],
  ["a file outside, relatively", () => "../../../../../../../../../../etc/passwd"],
  ["a file in the state directory", () => join(disk.state, "state.mdb")],
  ["a device", () => "/dev/zero"],
];

describe.each(hiddenLinks)("a link to %s", (_name, target) => {
  beforeEach(() => symlinkSync(target(), disk.local("link")));

  test("is not there for reading", async () => {
    expect(await tree.lookup(at("/link"))).toBeUndefined();
    expect(await names("/")).toEqual(["inside"]);
    await expect(tree.open(at("/link"))).rejects.toMatchObject({ code: "not-found" });
    await expect(names("/link")).rejects.toMatchObject({ code: "not-found" });
    expect(await tree.properties(at("/link"))).toEqual([]);
  });

  test("refuses its name for what is new, and stays", async () => {
    const refused = { code: "name-refused" };
    await expect(put("/link", "x")).rejects.toMatchObject(refused);
    await expect(tree.createCollection(at("/link"), [])).rejects.toMatchObject(refused);
    const copy = { replace: true, depth: "infinity" } as const;
    await expect(tree.copy(at("/inside"), at("/link"), copy, testWork())).rejects.toMatchObject(refused);
    await expect(tree.move(at("/inside"), at("/link"), copy, testWork())).rejects.toMatchObject(refused);
    expect(readlinkSync(disk.local("link"))).toBe(target());
  });

  test("cannot be changed, copied, moved or removed by its name", async () => {
    const missing = { code: "not-found" };
    await expect(tree.touch(at("/link"), 0)).rejects.toMatchObject(missing);
    await expect(tree.remove(at("/link"), testWork())).rejects.toMatchObject(missing);
    const copy = { replace: true, depth: "infinity" } as const;
    await expect(tree.copy(at("/link"), at("/new"), copy, testWork())).rejects.toMatchObject(missing);
    await expect(tree.move(at("/link"), at("/new"), copy, testWork())).rejects.toMatchObject(missing);
    expect(listed(disk.folder).sort()).toEqual(["inside", "link"]);
  });

  test("is left out of a COPY of its collection, and removed with it, its target untouched", async () => {
    renameSync(disk.local("link"), disk.local("inside/link"));
    const copying = testWork();
    await tree.copy(at("/inside"), at("/copy"), { replace: false, depth: "infinity" }, copying);
    expect(copying.failures.size).toBe(0);
    expect(readdirSync(disk.local("copy")).sort()).toEqual(["deep", "file"]);
    const removing = testWork();
    await tree.remove(at("/inside"), removing);
    expect(removing.failures.size).toBe(0);
    expect(existsSync(disk.local("inside"))).toBe(false);
    expect(readdirSync(outside, { recursive: true, encoding: "utf8" }).sort()).toEqual([
      "directory",
      "directory/secret",
      "file",
    ]);
  });
});

describe("a link as an ancestor", () => {
  test.each([
    ["outside", () => join(outside, "directory"), "secret"],
    ["inside", () => disk.local("inside"), "file"],
  ])("that leads to a directory %s leads to no resource", async (_name, target, member) => {
    symlinkSync(target(), disk.local("link"));
    const path = `/link/${member}`;
    expect(await tree.lookup(at(path))).toBeUndefined();
    await expect(tree.open(at(path))).rejects.toMatchObject({ code: "not-found" });
    await expect(tree.remove(at(path), testWork())).rejects.toMatchObject({ code: "not-found" });
    await expect(tree.touch(at(path), 0)).rejects.toMatchObject({ code: "not-found" });
    const missing = { code: "parent-missing" };
    await expect(put("/link/new", "x")).rejects.toMatchObject(missing);
    await expect(put(path, "x")).rejects.toMatchObject(missing);
    await expect(tree.createCollection(at("/link/new"), [])).rejects.toMatchObject(missing);
    const copy = { replace: true, depth: "infinity" } as const;
    await expect(tree.copy(at("/inside/file"), at("/link/new"), copy, testWork())).rejects.toMatchObject(
      missing,
    );
    await expect(tree.move(at("/inside/file"), at("/link/new"), copy, testWork())).rejects.toMatchObject(
      missing,
    );
    expect(readdirSync(target())).not.toContain("new");
    expect(readFileSync(join(outside, "directory/secret"), "utf8")).toBe("secret");
  });
});

describe("a link to a file inside", () => {
  beforeEach(() => symlinkSync("inside/file", disk.local("link")));

  test("is that file for reading", async () => {
    expect(await tree.lookup(at("/link"))).toEqual(await tree.lookup(at("/inside/file")));
    expect(await names("/")).toEqual(["inside", "link"]);
    const document = await tree.open(at("/link"));
    expect(Buffer.from(await document.bytes({ start: 0, end: 6 })).toString()).toBe("shared");
    document.close();
  });

  test("is replaced itself by a PUT; its target, and the target's permissions, stay", async () => {
    await put("/link", "new");
    expect(lstatSync(disk.local("link")).isFile()).toBe(true);
    expect(lstatSync(disk.local("link")).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(readFileSync(disk.local("inside/file"), "utf8")).toBe("shared");
  });

  test("is copied as the file, and removed as the link", async () => {
    await tree.copy(at("/link"), at("/copy"), { replace: false, depth: "infinity" }, testWork());
    expect(lstatSync(disk.local("copy")).isFile()).toBe(true);
    expect(readFileSync(disk.local("copy"), "utf8")).toBe("shared");
    await tree.remove(at("/link"), testWork());
    expect(listed(disk.folder).sort()).toEqual(["copy", "inside"]);
    expect(readFileSync(disk.local("inside/file"), "utf8")).toBe("shared");
  });

  test("is moved as the link", async () => {
    await tree.move(at("/link"), at("/moved"), { replace: false }, testWork());
    expect(readlinkSync(disk.local("moved"))).toBe("inside/file");
  });

  test("cannot be touched", async () => {
    await expect(tree.touch(at("/link"), 0)).rejects.toMatchObject({ code: "denied" });
    expect(lstatSync(disk.local("inside/file")).mtimeMs).toBeGreaterThan(1000);
  });

  test("counts as a member in COPY and DELETE of its collection", async () => {
    symlinkSync("file", disk.local("inside/link"));
    const copying = testWork();
    await tree.copy(at("/inside"), at("/copy"), { replace: false, depth: "infinity" }, copying);
    expect(copying.foundMembers).toBe(4);
    expect(copying.donePaths).toContain("/inside/link");
    expect(lstatSync(disk.local("copy/link")).isFile()).toBe(true);
    const removing = testWork();
    await tree.remove(at("/inside"), removing);
    expect(removing.donePaths.length).toBe(4);
    expect(removing.violations).toEqual([]);
  });
});

describe("what was swapped for a link in the middle of the work", () => {
  test("a draft's collection: the content goes nowhere else", async () => {
    const draft = await tree.draft(at("/inside/new"), { length: undefined });
    await draft.write(Buffer.from("x"));
    renameSync(disk.local("inside"), disk.local("away"));
    symlinkSync(join(outside, "directory"), disk.local("inside"));
    await expect(draft.commit({ modifiedMs: undefined })).rejects.toMatchObject({ code: "parent-missing" });
    expect(readdirSync(join(outside, "directory"))).toEqual(["secret"]);
    expect(readdirSync(disk.local("away")).sort()).toEqual(["deep", "file"]);
  });

  test("a collection that is being removed: nothing outside is", async () => {
    let swapped = false;
    const site = makeCrashSite(({ call, path }) => {
      const file = path?.toString() ?? "";
      if (call !== "unlink" || !file.endsWith("/secret") || swapped) return;
      swapped = true;
      const [top] = readdirSync(site.folder).map((name) => join(site.folder, name));
      // It is out of sight by now, under a name of its own.
      const other = realpathSync(file).endsWith("/a/secret") ? "b" : "a";
      renameSync(join(top ?? "", other), join(site.folder, "away"));
      symlinkSync(join(outside, "directory"), join(top ?? "", other));
    });
    for (const name of ["top/a", "top/b"]) {
      mkdirSync(join(site.folder, name), { recursive: true });
      writeFileSync(join(site.folder, name, "secret"), "");
    }
    await startProcess(site).tree.remove(at("/top"), testWork());
    expect(swapped).toBe(true);
    expect(readFileSync(join(outside, "directory/secret"), "utf8")).toBe("secret");
  });

  test("collections that are being copied: nothing outside is read", async () => {
    const collections = ["a", "b", "c"];
    let swapped = false;
    const site = makeCrashSite(({ call, path }) => {
      if (call !== "create" || path?.toString().endsWith("/file") !== true || swapped) return;
      swapped = true;
      for (const name of collections) {
        renameSync(join(site.folder, "top", name), join(site.folder, name));
        symlinkSync(join(outside, "directory"), join(site.folder, "top", name));
      }
    });
    for (const name of collections) {
      mkdirSync(join(site.folder, "top", name), { recursive: true });
      writeFileSync(join(site.folder, "top", name, "file"), "ours");
    }
    const work = testWork();
    await startProcess(site).tree.copy(at("/top"), at("/copy"), { replace: false, depth: "infinity" }, work);
    expect(swapped).toBe(true);
    const copied = readdirSync(join(site.folder, "copy"), { recursive: true, encoding: "utf8" });
    expect(copied.filter((name) => name.endsWith("secret"))).toEqual([]);
    expect(copied.filter((name) => name.endsWith("file"))).toHaveLength(1);
    expect(work.failures.size).toBe(collections.length - 1);
  });
});

describe("what is neither file nor directory", () => {
  test("a named pipe is no resource, hangs nothing, and goes with its collection", async () => {
    execFileSync("mkfifo", [disk.local("inside/pipe")]);
    expect(await tree.lookup(at("/inside/pipe"))).toBeUndefined();
    await expect(tree.open(at("/inside/pipe"))).rejects.toMatchObject({ code: "not-found" });
    expect(await names("/inside")).toEqual(["deep", "file"]);
    await expect(put("/inside/pipe", "x")).rejects.toMatchObject({ code: "name-refused" });
    const copying = testWork();
    await tree.copy(at("/inside"), at("/copy"), { replace: false, depth: "infinity" }, copying);
    expect(copying.foundMembers).toBe(3);
    await tree.remove(at("/inside"), testWork());
    expect(listed(disk.folder)).toEqual(["copy"]);
  });

  test("a name that is not UTF-8 is not listed, fails a COPY by itself only, and goes with its collection", async () => {
    const odd = Buffer.concat([Buffer.from(disk.local("inside/")), Buffer.from([0x61, 0xff])]);
    writeFileSync(odd, "odd");
    mkdirSync(Buffer.concat([Buffer.from(disk.local("inside/")), Buffer.from([0xfe])]));
    expect(await names("/inside")).toEqual(["deep", "file"]);
    const copying = testWork();
    await tree.copy(at("/inside"), at("/copy"), { replace: false, depth: "infinity" }, copying);
    expect([...copying.failures.values()]).toEqual(["name-refused", "name-refused"]);
    expect(readdirSync(disk.local("copy")).sort()).toEqual(["deep", "file"]);
    const removing = testWork();
    await tree.remove(at("/inside"), removing);
    expect(removing.failures.size).toBe(0);
    expect(listed(disk.folder)).toEqual(["copy"]);
  });
});
