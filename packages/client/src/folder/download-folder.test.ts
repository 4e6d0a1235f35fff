import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import * as fileSystem from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConnectionError } from "../error/connection-error.ts";
import { CancelledError } from "../error/operation-error.ts";
import { abandonedAfterMs } from "./abandoned-parts.ts";
import { downloadFolder } from "./download-folder.ts";
import { deepest } from "./folder-options.ts";
import type { FileSystem } from "./folder-surroundings.ts";
import { FolderError, MemberError } from "./folder-work.ts";
import { partName } from "./part-name.ts";
import { fakeServer } from "./testing/fake-dav-client.ts";
import { testFolder } from "./testing/test-folder.ts";

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

describe("downloadFolder", () => {
  test("gets all documents and collections, empty ones too, with their times", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("shared/a.txt", "one", modified);
    server.put("shared/deep/er/b.txt", "two", modified);
    server.put("shared/empty.txt", "", modified);
    server.resources.set("shared/nothing", null);
    server.put("elsewhere.txt", "not asked for");
    const target = join(local.folder, "new/target");
    const summary = await downloadFolder(server.client, "shared", target, local).outcome;
    expect(summary).toMatchObject({ transferred: 3, bytes: 6, created: 3, failures: 0 });
    expect(local.contents()).toEqual({
      "new/": "",
      "new/target/": "",
      "new/target/a.txt": "one",
      "new/target/deep/": "",
      "new/target/deep/er/": "",
      "new/target/deep/er/b.txt": "two",
      "new/target/empty.txt": "",
      "new/target/nothing/": "",
    });
    expect(lstatSync(join(target, "a.txt")).mtime).toEqual(modified);
  });

  test("done again, gets nothing again; with or without what was remembered", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "one", modified);
    server.put("d/b.txt", "two", modified);
    await downloadFolder(server.client, "", local.folder, local).outcome;
    const again = await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(again).toMatchObject({ transferred: 0, skipped: 2 });
    const unremembered = { stateDirectory: false } as const;
    const afresh = await downloadFolder(server.client, "", local.folder, unremembered).outcome;
    expect(afresh).toMatchObject({ transferred: 0, skipped: 2 });
    expect(server.count("get")).toBe(2);
  });

  test("sees a changed entity tag where length and time are the same", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "one", modified);
    await downloadFolder(server.client, "", local.folder, local).outcome;
    server.put("a.txt", "eno", modified);
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(local.contents()).toEqual({ "a.txt": "eno" });
  });

  test("keeps the rights of a file that it replaces", async () => {
    const local = testFolder();
    local.write("a.sh", "old");
    chmodSync(join(local.folder, "a.sh"), 0o750);
    const server = fakeServer();
    server.put("a.sh", "new!", modified);
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(lstatSync(join(local.folder, "a.sh")).mode & 0o777).toBe(0o750);
  });

  test("servers whose content has another entity tag than their listing are gotten once", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "one", modified);
    server.tell = (resource) => ({ ...resource, etag: '"listed"' });
    await downloadFolder(server.client, "", local.folder, local).outcome;
    const gets = server.count("get");
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(server.count("get")).toBe(gets);
    expect(local.contents()).toEqual({ "a.txt": "one" });
  });
});

describe("a document that comes in part", () => {
  const lost = (): ConnectionError => new ConnectionError("lost", "lost", { mayHaveArrived: true });
  const half = async function* (content: Uint8Array): AsyncGenerator<Uint8Array> {
    yield content.subarray(0, Math.ceil(content.length / 2));
    throw lost();
  };

  test("is gone on with in the same run, and never has its name before it is whole", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    server.send = (_path, content) => half(content);
    const seen: (readonly string[])[] = [];
    server.before = ({ method }) => {
      if (method === "get") seen.push(readdirSync(local.folder));
      if (server.count("get") === 4)
        server.send = async function* (_path, content) {
          yield content;
        };
    };
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(server.calls.filter(({ method }) => method === "get").map(({ start }) => start)).toEqual([
      0, 5, 8, 9,
    ]);
    expect(seen.flat().filter((name) => name === "a.txt")).toEqual([]);
    expect(local.contents()).toEqual({ "a.txt": "0123456789" });
  });

  test("is gone on with by the next run, only if it is the same still", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    server.put("b.txt", "9876543210", modified);
    let work = downloadFolder(server.client, "", local.folder, local);
    server.send = async function* (path, content) {
      yield content.subarray(0, 5);
      if (path === "b.txt") await work.cancel();
      await new Promise(() => undefined);
    };
    // What hangs is ended by the signal, as the client does it.
    const get = server.client.get.bind(server.client);
    server.client.get = async (place, options) => {
      const download = await get(place, options);
      const reader = download.content.getReader();
      const content = new ReadableStream<Uint8Array>({
        start: (controller) =>
          options?.signal?.addEventListener("abort", () => controller.error(options.signal?.reason)),
        async pull(controller) {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
      return { ...download, content };
    };
    await expect(work.outcome).rejects.toThrow(CancelledError);
    const parts = Object.entries(local.contents());
    expect(parts.map(([, content]) => content).sort()).toEqual(["01234", "98765"]);
    server.put("b.txt", "abcdefghij", modified);
    server.send = async function* (_path, content) {
      yield content;
    };
    server.calls.length = 0;
    work = downloadFolder(server.client, "", local.folder, local);
    await work.outcome;
    expect(
      server.calls.filter(({ method }) => method === "get").map(({ path, start }) => [path, start]),
    ).toEqual([
      ["a.txt", 5],
      ["b.txt", 0],
    ]);
    expect(local.contents()).toMatchObject({ "a.txt": "0123456789", "b.txt": "abcdefghij" });
  });

  test("that is whole already only gets its name", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    local.write(partName("a.txt", new URL("http://files.example/base/a.txt"), '"state-1"'), "0123456789");
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(server.count("get")).toBe(0);
    expect(local.contents()).toEqual({ "a.txt": "0123456789" });
  });

  test("that is longer than the resource is begun anew", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    local.write(partName("a.txt", new URL("http://files.example/base/a.txt"), '"state-1"'), "0123456789x");
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(local.contents()).toEqual({ "a.txt": "0123456789" });
  });

  test("that changes at the server between looking and getting is gotten as it is now", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    local.write(partName("a.txt", new URL("http://files.example/base/a.txt"), '"state-1"'), "012");
    server.before = ({ method }) => {
      if (method === "get" && server.count("get") === 1) server.put("a.txt", "abc", modified);
    };
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(local.contents()).toEqual({ "a.txt": "abc" });
  });

  test("without a strong entity tag is never gone on with, and leaves nothing behind", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    server.tell = ({ etag: _, ...resource }) => ({ ...resource, etag: 'W/"weak"' });
    server.send = (_path, content) => half(content);
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([["a.txt", "ConnectionError"]]);
    expect(server.calls.every(({ start = 0 }) => start === 0)).toBe(true);
    expect(local.contents()).toEqual({});
  });

  test("with fewer or more bytes than announced is refused", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("short", "0123456789", modified);
    server.put("long", "0123456789", modified);
    server.send = async function* (path, content) {
      yield path === "short" ? content.subarray(0, 9) : Buffer.from("0123456789x");
    };
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([
      ["long", "length-differs"],
      ["short", "length-differs"],
    ]);
    expect(Object.keys(local.contents()).some((name) => name === "short" || name === "long")).toBe(false);
  });

  test("and was left for a week is deleted by the next run that goes well", async () => {
    const local = testFolder();
    const server = fakeServer();
    local.write(".meanwhile-0123456789abcdefABCDEF.part", "old", modified);
    local.write(".meanwhile-0123456789abcdefABCDEX.part", "young", new Date(modified.getTime() + 2000));
    const now = (): number => modified.getTime() + abandonedAfterMs + 1000;
    await downloadFolder(server.client, "", local.folder, { ...local, surroundings: { now } }).outcome;
    expect(Object.values(local.contents())).toEqual(["young"]);
  });
});

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

describe("a local folder with faults", () => {
  test("a full disk ends the work at once, and says so", async () => {
    const local = testFolder();
    const server = fakeServer();
    for (const name of ["a", "b", "c"]) server.put(name, "x", modified);
    const open: FileSystem["open"] = async (path, ...rest) => {
      if (String(path).endsWith(".part") && rest[0] !== "wx")
        throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      return fileSystem.open(path, ...rest);
    };
    const options = { ...local, concurrency: 1, surroundings: faults({ open }) };
    const error = await downloadFolder(server.client, "", local.folder, options).outcome.catch((why) => why);
    expect(error).toMatchObject({ summary: { failures: 1, endedEarly: true } });
    expect(error.message).toContain("no space left");
  });

  test("a document of which the name is too long fails alone", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("n".repeat(300), "x", modified);
    server.put("b", "x", modified);
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect((await failed(outcome)).map(([, why]) => why)).toEqual(["Error"]);
    expect(local.contents()).toHaveProperty("b");
  });

  test("a file that appears where none was is not replaced", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a", "theirs", modified);
    server.before = ({ method }) => {
      if (method === "get") local.write("a", "mine");
    };
    const outcome = downloadFolder(server.client, "", local.folder, local).outcome;
    expect(await failed(outcome)).toEqual([["a", "changed-meanwhile"]]);
    expect(local.contents()).toMatchObject({ a: "mine" });
  });

  test("a document in place of the collection is told; nothing is created", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a", "x", modified);
    const target = join(local.folder, "new");
    await expect(downloadFolder(server.client, "a", target, local).outcome).rejects.toMatchObject({
      code: "wrong-kind",
    });
    await expect(downloadFolder(server.client, "missing", target, local).outcome).rejects.toMatchObject({
      status: 404,
    });
    expect(local.contents()).toEqual({});
  });
});
