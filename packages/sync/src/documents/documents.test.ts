import { appendFileSync, lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CancelledError, ConnectionError, DetachedError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { downloadDocument } from "./download-document.ts";
import { uploadDocument } from "./upload-document.ts";

const modified = new Date("2025-03-04T05:06:07Z");

describe("uploadDocument", () => {
  test("puts a file, also by a link that the caller names", async () => {
    const local = testFolder();
    local.write("a.txt", "content");
    symlinkSync("a.txt", join(local.folder, "link"));
    const server = fakeServer();
    const upload = uploadDocument(server.client, join(local.folder, "link"), "a.txt", { ifNoneMatch: "*" });
    expect(await upload.outcome).toMatchObject({ status: 201, created: true });
    expect(server.resources.get("a.txt")?.content.toString()).toBe("content");
    expect(server.calls).toEqual([{ method: "put", path: "a.txt", ifNoneMatch: "*" }]);
  });

  test("tells a file that grows meanwhile, and stores nothing", async () => {
    const local = testFolder();
    local.write("a.txt", "content");
    const server = fakeServer();
    server.before = () => appendFileSync(join(local.folder, "a.txt"), "more");
    const upload = uploadDocument(server.client, join(local.folder, "a.txt"), "a.txt");
    await expect(upload.outcome).rejects.toMatchObject({ code: "changed-meanwhile" });
    expect(server.resources.has("a.txt")).toBe(false);
  });

  test("refuses what is missing, and what is no file, at once", () => {
    const local = testFolder();
    const { client } = fakeServer();
    expect(() => uploadDocument(client, join(local.folder, "missing"), "x")).toThrow("ENOENT");
    expect(() => uploadDocument(client, local.folder, "x")).toThrow("is no plain file");
  });
});

describe("downloadDocument", () => {
  test("gets a document, with its time, and replaces what is there", async () => {
    const local = testFolder();
    local.write("a.txt", "old");
    const server = fakeServer();
    server.put("d/b.txt", "content", modified);
    const file = join(local.folder, "a.txt");
    const download = downloadDocument(server.client, "d/b.txt", file);
    const seen: number[] = [];
    for await (const { done, total, stage } of download.progress) {
      expect(stage).toBe("receiving");
      if (total !== undefined) seen.push(done);
    }
    expect(await download.outcome).toEqual({ bytes: 7, replaced: true, etag: '"state-1"', modified });
    expect(seen.at(-1)).toBe(7);
    expect(local.contents()).toEqual({ "a.txt": "content" });
    expect(lstatSync(file).mtime).toEqual(modified);
  });

  test("without overwrite leaves what is there", async () => {
    const local = testFolder();
    local.write("a.txt", "mine");
    const server = fakeServer();
    server.put("a.txt", "theirs", modified);
    const file = join(local.folder, "a.txt");
    const download = downloadDocument(server.client, "a.txt", file, { overwrite: false });
    await expect(download.outcome).rejects.toMatchObject({ code: "changed-meanwhile" });
    expect(local.contents()).toMatchObject({ "a.txt": "mine" });
  });

  test("goes on with what a cancelled or detached one received", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "0123456789", modified);
    const file = join(local.folder, "a.txt");
    const endings = ["cancel", "detach"] as const;
    for (const [index, ending] of endings.entries()) {
      const download = downloadDocument(server.client, "a.txt", file);
      server.send = async function* (_path, content) {
        yield content.subarray(0, 3);
        await download[ending]();
        throw new ConnectionError("lost", "as the end of the signal shows itself", { mayHaveArrived: true });
      };
      await expect(download.outcome).rejects.toThrow(index === 0 ? CancelledError : DetachedError);
    }
    server.send = async function* (_path, content) {
      yield content;
    };
    await downloadDocument(server.client, "a.txt", file).outcome;
    expect(server.calls.filter(({ method }) => method === "get").map(({ start }) => start)).toEqual([
      0, 3, 6,
    ]);
    expect(local.contents()).toEqual({ "a.txt": "0123456789" });
  });

  test("ends with the reason of its signal, before and during", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "x", modified);
    const file = join(local.folder, "a.txt");
    const reason = new Error("enough");
    const early = downloadDocument(server.client, "a.txt", file, { signal: AbortSignal.abort(reason) });
    await expect(early.outcome).rejects.toBe(reason);
    const controller = new AbortController();
    server.before = ({ method }) => {
      if (method === "get") controller.abort(reason);
    };
    const late = downloadDocument(server.client, "a.txt", file, { signal: controller.signal });
    await expect(late.outcome).rejects.toBe(reason);
    expect(local.contents()).toEqual({});
  });

  test("refuses a collection, and a folder that has the name", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("d/a", "x", modified);
    mkdirSync(join(local.folder, "taken"));
    const collection = downloadDocument(server.client, "d", join(local.folder, "x"));
    await expect(collection.outcome).rejects.toMatchObject({ code: "is-collection" });
    const taken = downloadDocument(server.client, "d/a", join(local.folder, "taken"));
    await expect(taken.outcome).rejects.toMatchObject({ code: "wrong-kind" });
    expect(server.count("get")).toBe(0);
  });

  test("tells whether it replaced a file", async () => {
    const local = testFolder();
    const server = fakeServer();
    server.put("a.txt", "x", modified);
    const file = join(local.folder, "a.txt");
    expect(await downloadDocument(server.client, "a.txt", file).outcome).toMatchObject({ replaced: false });
    expect(await downloadDocument(server.client, "a.txt", file).outcome).toMatchObject({ replaced: true });
  });

  test.each<[what: string, cuts: readonly number[], gets: number, result: string]>([
    ["at the same byte", [3, 3, 3, 3, 3], 3, "lost"],
    ["before the first byte", [0, 0, 0, 0, 0], 2, "lost"],
    ["ever earlier", [3, 2, 1, 1, 1], 3, "lost"],
    ["ever later", [1, 2, 3, 4, 5], 5, "01234"],
    ["later after a step back", [2, 1, 3, 2, 5], 5, "01234"],
  ])(
    "of one without a tag that is cut %s, only what comes further is tried on",
    async (_what, cuts, gets, result) => {
      const local = testFolder();
      const server = fakeServer();
      server.put("a.txt", "01234", modified);
      const stored = server.resources.get("a.txt");
      if (stored != null) server.resources.set("a.txt", { ...stored, etag: undefined as unknown as string });
      server.send = async function* (_path, content) {
        const cut = cuts[server.count("get") - 1] ?? 0;
        yield content.subarray(0, cut);
        if (cut < content.length) throw new ConnectionError("lost", "cut", { mayHaveArrived: true });
      };
      const file = join(local.folder, "a.txt");
      const outcome = await downloadDocument(server.client, "a.txt", file).outcome.catch(
        (error: ConnectionError) => error.code,
      );
      expect(typeof outcome === "string" ? outcome : local.contents()["a.txt"]).toBe(result);
      expect(server.count("get")).toBe(gets);
    },
  );

  describe("where the transfer does not tell its length, what is listed decides", () => {
    test.each<[what: string, pieces: readonly number[], etag: string | undefined, result: string]>([
      ["cut each time", [3, 3], undefined, "3 bytes came, and the server lists 5"],
      ["cut each time, with a weak tag", [3, 3], 'W/"1"', "3 bytes came, and the server lists 5"],
      ["cut once", [3, 5], undefined, "01234"],
      ["cut once, and gone on with", [3, 2], '"1"', "01234"],
      ["nothing came", [0, 0], undefined, "0 bytes came, and the server lists 5"],
    ])("%s", async (_what, pieces, etag, result) => {
      const local = testFolder();
      const server = fakeServer();
      server.put("a.txt", "01234", modified);
      server.tellsLength = false;
      const stored = server.resources.get("a.txt");
      if (stored != null) server.resources.set("a.txt", { ...stored, etag: etag as string });
      server.send = async function* (_path, content) {
        yield content.subarray(0, pieces[server.count("get") - 1]);
      };
      const file = join(local.folder, "a.txt");
      const outcome = await downloadDocument(server.client, "a.txt", file).outcome.catch(
        (error: Error) => error,
      );
      const text = outcome instanceof Error ? outcome.message : local.contents()["a.txt"];
      expect(text).toBe(result);
      expect(server.count("get")).toBe(2);
      // What is not whole has no name of its own.
      expect("a.txt" in local.contents()).toBe(!(outcome instanceof Error));
    });

    test("a length of the transfer that is less than is listed, with a strong tag, leaves nothing behind", async () => {
      const local = testFolder();
      const server = fakeServer();
      server.put("a.txt", "012", modified);
      server.tell = (resource) => ({ ...resource, length: 5 });
      const { outcome } = downloadDocument(server.client, "a.txt", join(local.folder, "a.txt"));
      await expect(outcome).rejects.toThrow("3 bytes came, and the server lists 5");
      expect([local.contents(), server.count("get")]).toEqual([{}, 2]);
    });

    test("more than is listed is no truncation", async () => {
      const local = testFolder();
      const server = fakeServer();
      server.put("a.txt", "01234", modified);
      server.tellsLength = false;
      server.tell = (resource) => ({ ...resource, length: 3 });
      await downloadDocument(server.client, "a.txt", join(local.folder, "a.txt")).outcome;
      expect(local.contents()).toEqual({ "a.txt": "01234" });
    });
  });
});
