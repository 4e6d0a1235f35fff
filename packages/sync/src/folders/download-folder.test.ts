import { chmodSync, lstatSync, readdirSync } from "node:fs";
import * as fileSystem from "node:fs/promises";
import { join } from "node:path";
import { CancelledError, ConnectionError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import type { FileSystem } from "../local/folder-surroundings.ts";
import { partName } from "../local/part-name.ts";
import { abandonedAfterMs } from "../run/transfer-folder.ts";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { downloadFolder } from "./download-folder.ts";
import { FolderError, MemberError } from "./folder-work.ts";

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
    let halves = 0;
    server.send = async function* (_path, content) {
      yield content.subarray(0, 5);
      halves += 1;
      if (halves === 2) await work.cancel();
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
    const starts = server.calls
      .filter(({ method }) => method === "get")
      .map(({ path, start }) => [path, start]);
    expect(Object.fromEntries(starts)).toEqual({ "a.txt": 5, "b.txt": 0 });
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

  test("is begun anew where the server answers with another range than the rest", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    local.write(partName("a.txt", new URL("http://files.example/base/a.txt"), '"state-1"'), "012");
    server.before = ({ method, start = 0 }) => {
      if (method === "get" && start > 0)
        throw new ConnectionError("malformed", "another range", { mayHaveArrived: true });
    };
    await downloadFolder(server.client, "", local.folder, local).outcome;
    expect(server.calls.filter(({ method }) => method === "get").map(({ start }) => start)).toEqual([3, 0]);
    expect(local.contents()).toEqual({ "a.txt": "0123456789" });
  });

  test.each([undefined, 'W/"weak"'])(
    "is gone on with where GET alone has the strong tag (listed: %s)",
    async (listed) => {
      const local = testFolder();
      const server = fakeServer();
      server.put("a.txt", "0123456789", modified);
      server.put("b.txt", "9876543210", modified);
      server.tell = ({ etag: _, ...resource }) => ({
        ...resource,
        ...(listed !== undefined && { etag: listed }),
      });
      const place = (name: string): URL => new URL(`http://files.example/base/${name}`);
      local.write(partName("a.txt", place("a.txt"), '"state-1"'), "01234");
      local.write(partName("b.txt", place("b.txt"), '"state-0"'), "xxxxx");
      await downloadFolder(server.client, "", local.folder, local).outcome;
      const gets = server.calls.filter(({ method }) => method === "get");
      expect(gets.map(({ path, start, ifMatch }) => [path, start, ifMatch]).sort()).toEqual([
        ["a.txt", 0, undefined],
        ["a.txt", 5, '"state-1"'],
        ["b.txt", 0, undefined],
      ]);
      expect(local.contents()).toMatchObject({ "a.txt": "0123456789", "b.txt": "9876543210" });
    },
  );

  test("without a strong entity tag is never gone on with, and leaves nothing behind", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    const stored = server.resources.get("a.txt");
    if (stored != null) server.resources.set("a.txt", { ...stored, etag: 'W/"weak"' });
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
