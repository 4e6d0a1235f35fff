import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import * as fileSystem from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../local/folder-surroundings.ts";
import { partName } from "../local/part-name.ts";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { downloadFolder } from "./download-folder.ts";
import { deepest } from "./folder-options.ts";
import { FolderError, MemberError } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";

const modified = new Date("2025-03-04T05:06:07Z");

async function failed(outcome: Promise<unknown>): Promise<readonly (readonly [string, unknown])[]> {
  const error = await outcome.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FolderError)) throw new Error("no FolderError", { cause: error });
  return error.summary.failed
    .map(({ path, error: why }) => [path, why instanceof MemberError ? why.code : why.name] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The real calls, some of them others. */
function faults(given: Partial<FileSystem>): { readonly fileSystem: FileSystem } {
  return { fileSystem: { ...fileSystem, ...given } };
}

describe("a hostile server", () => {
  const member = (path: string): { readonly url: URL } => ({
    url: new URL(path, "http://files.example/base/shared/"),
  });

  test.each([
    ["an encoded slash", "..%2f..%2fescaped", "name-refused"],
    ["an encoded slash after a dot segment", "%2e%2e%2fescaped", "name-refused"],
    ["an absolute path in one segment", "%2fescaped", "name-refused"],
    ["NUL", "escaped%00.txt", "name-refused"],
    ["octets that are no UTF-8", "%ff%fe", "name-refused"],
    ["an overlong dot", "%c0%ae%c0%ae%c0%afescaped", "name-refused"],
    ["a dot segment, which leads above", "../escaped", "outside"],
    ["an encoded dot segment", "%2e%2e/escaped", "outside"],
    ["a dot segment at the end", "x/..", "outside"],
    ["the collection itself", "", "outside"],
    ["a deeper member", "a/b", "outside"],
    ["an empty segment", "a//", "outside"],
    ["another server", "http://other.example/base/shared/escaped", "outside"],
    ["the same server on another port", "http://files.example:81/base/shared/escaped", "outside"],
    ["the name of an unfinished download", ".meanwhile-0123456789abcdefABCDEF.part", "name-refused"],
  ])("that names %s is told so, and writes nothing", async (_what, href, code) => {
    const local = testFolder();
    const before = readdirSync(local.around);
    for (const collection of [false, true]) {
      const server = fakeServer();
      server.put("shared/good.txt", "good", modified);
      server.extraMembers = (path) => (path === "shared" ? [{ ...member(href), collection, length: 4 }] : []);
      const outcome = downloadFolder(server.client, "shared", local.folder, {
        stateDirectory: false,
      }).outcome;
      expect((await failed(outcome)).map(([, why]) => why)).toEqual([code]);
      expect(local.contents()).toEqual({ "good.txt": "good" });
      expect(readdirSync(local.around)).toEqual(before);
      // Nor is it asked for: what is outside may belong to another.
      expect(server.calls.every(({ path }) => path === "shared" || path === "shared/good.txt")).toBe(true);
    }
  });

  test.each(["sub//", "../sub", "a%00b", "%ff", "a%2fb"])(
    "that names %s, which may stand for what is here, makes no synchronisation delete anything",
    async (href) => {
      const local = testFolder();
      const server = fakeServer();
      server.put("good.txt", "good", modified);
      server.extraMembers = (path) => (path === "" ? [{ ...member(href), collection: true }] : []);
      local.write("mine", "mine");
      local.write("sub/mine", "mine");
      const options = { direction: "down", delete: true, force: true, stateDirectory: false } as const;
      await failed(syncFolder(server.client, local.folder, "", options).outcome);
      expect(Object.keys(local.contents()).sort()).toEqual(["good.txt", "mine", "sub/", "sub/mine"]);
    },
  );

  test.each(["con", "COM1.txt", "nul .x", "a:b", "a\\b", "x. ", "x.", "a?", "tab\there", "lpt¹"])(
    "cannot make Windows take %j for something else",
    async (name) => {
      const local = testFolder();
      const server = fakeServer();
      server.put(name, "x", modified);
      const options = { ...local, surroundings: { platform: "win32" } } as const;
      const outcome = downloadFolder(server.client, "", local.folder, options).outcome;
      expect((await failed(outcome)).map(([, why]) => why)).toEqual(["name-refused"]);
      expect(local.contents()).toEqual({});
    },
  );

  test("gets what only looks like an attack", async () => {
    const local = testFolder();
    const server = fakeServer();
    const names = ["...", "%2e%2e", "..a", "a..", "C:", "a\\..\\b", "~root", "-rf", "$(x)", "\u202Etxt"];
    for (const name of names) server.put(name, name, modified);
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(local.contents()).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });

  test("cannot write through a symbolic link, to a folder or to a file", async () => {
    const local = testFolder();
    const server = fakeServer();
    mkdirSync(join(local.around, "outside"));
    writeFileSync(join(local.around, "outside/victim"), "safe");
    symlinkSync("../outside", join(local.folder, "folder"));
    symlinkSync("../outside/victim", join(local.folder, "file"));
    symlinkSync("../outside/missing", join(local.folder, "dangling"));
    server.put("folder/victim", "evil", modified);
    server.put("file", "evil", modified);
    server.put("dangling", "evil", modified);
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([
      ["dangling", "symbolic-link"],
      ["file", "symbolic-link"],
      ["folder", "symbolic-link"],
    ]);
    expect(readdirSync(join(local.around, "outside"))).toEqual(["victim"]);
  });

  test("cannot write through a link that is put in place of a folder meanwhile", async () => {
    const local = testFolder();
    const server = fakeServer();
    mkdirSync(join(local.around, "outside"));
    server.put("folder/evil", "evil", modified);
    server.put("folder/sub/evil", "evil", modified);
    const mkdir: FileSystem["mkdir"] = (async (path: string, options?: object) => {
      if (path !== join(local.folder, "folder")) return fileSystem.mkdir(path, options);
      symlinkSync("../outside", path);
      return undefined;
    }) as FileSystem["mkdir"];
    const outcome = downloadFolder(server.client, "", local.folder, {
      ...local,
      surroundings: faults({ mkdir }),
    });
    expect(await failed(outcome.outcome)).toEqual([
      ["folder/evil", "symbolic-link"],
      ["folder/sub", "symbolic-link"],
      ["folder/sub/evil", "parent-failed"],
    ]);
    expect(readdirSync(join(local.around, "outside"))).toEqual([]);
  });

  test("cannot have its content written through a link of an unfinished download's name", async () => {
    const local = testFolder();
    const server = fakeServer();
    writeFileSync(join(local.around, "victim"), "safe");
    server.put("a.txt", "evil", modified);
    const part = partName("a.txt", new URL("http://files.example/base/a.txt"), '"state-1"');
    symlinkSync("../victim", join(local.folder, part));
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([["a.txt", "Error"]]);
    expect(lstatSync(join(local.around, "victim")).size).toBe(4);
  });

  test("that names a member twice cannot make one the other", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a", "first", modified);
    server.extraMembers = () => [{ url: new URL("http://files.example/base/%61"), length: 6 }];
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([["a", "name-collision"]]);
    expect(local.contents()).toEqual({ a: "first" });
  });

  test("cannot replace a document by another of which the name differs in case, where that is one name", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("Read.me", "first", modified);
    server.put("READ.ME", "second", modified);
    server.put("Dir/x", "x", modified);
    server.put("dir/x", "y", modified);
    // As on a file system that takes them for one: the probe is found by its other name.
    const lstat = (async (path: string) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      const same = readdirSync(local.folder).find((other) => other.toLowerCase() === name.toLowerCase());
      return fileSystem.lstat(same === undefined ? path : join(local.folder, same));
    }) as FileSystem["lstat"];
    const outcome = downloadFolder(server.client, "", local.folder, {
      ...local,
      surroundings: faults({ lstat }),
    });
    expect(await failed(outcome.outcome)).toEqual([
      ["READ.ME", "name-collision"],
      ["dir", "name-collision"],
    ]);
    expect(local.contents()).toEqual({ "Dir/": "", "Dir/x": "x", "Read.me": "first" });
  });

  test("that leads deeper and deeper is followed so far and no further", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.client.list = async function* (place) {
      const url = new URL(`${new URL(place).href}x/`);
      yield { url, path: "", name: "x", collection: true, properties: [] };
    };
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([
      [Array.from({ length: deepest + 1 }, () => "x").join("/"), "limit"],
    ]);
  });

  test("that names members without end is stopped", async () => {
    const local = testFolder();
    const server = fakeServer();
    let named = 0;
    server.extraMembers = function* () {
      for (;;) {
        named += 1;
        yield { url: new URL(`http://files.example/base/${named}`), length: 1 };
      }
    } as unknown as typeof server.extraMembers;
    const options = { ...local, maxMembers: 1000 };
    await expect(downloadFolder(server.client, "", local.folder, options).outcome).rejects.toMatchObject({
      code: "limit",
    });
    expect(named).toBe(1001);
    expect(local.contents()).toEqual({});
  });

  test("that sends without end is stopped where it said it would", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a", "0123456789", modified);
    let sent = 0;
    server.send = async function* () {
      for (;;) {
        sent += 1;
        yield Buffer.from("x");
      }
    };
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([["a", "length-differs"]]);
    expect(sent).toBeLessThan(20);
    expect(local.contents()).toEqual({});
  });
});
