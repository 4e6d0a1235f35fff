import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ConnectionError, HttpError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { type FakeServer, fakeServer } from "../testing/fake-dav-client.ts";
import { type TestFolder, testFolder } from "../testing/test-folder.ts";
import type { SyncOptions } from "./folder-options.ts";
import { FolderError, type FolderSummary, MemberError } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";

/** Content on both sides, by path; collections end in "/". */
interface Story {
  readonly local: TestFolder;
  readonly server: FakeServer;
  /** Syncs, and tells what became of it, failed or not. */
  sync(options: Omit<SyncOptions, "stateDirectory">): Promise<FolderSummary>;
  /** Writes here at another time than ever before. */
  here(path: string, content: string): void;
  /** Removes something here. */
  removeHere(path: string): void;
  there(path: string, content: string): void;
  remote(): Readonly<Record<string, string>>;
}

function story(): Story {
  const local = testFolder();
  let minutes = 0;
  const next = (): Date => {
    minutes += 1;
    return new Date(Date.UTC(2025, 0, 1, 0, minutes));
  };
  const server = fakeServer(() => next().getTime());
  return {
    local,
    server,
    async sync(options) {
      const { stateDirectory } = local;
      const work = syncFolder(server.client, local.folder, "", { ...options, stateDirectory });
      try {
        return await work.outcome;
      } catch (error) {
        if (error instanceof FolderError) return error.summary;
        throw error;
      }
    },
    here: (path, content) => local.write(path, content, next()),
    removeHere: (path) => rmSync(join(local.folder, path), { recursive: true }),
    there: (path, content) => server.put(path, content, next()),
    remote() {
      const all: Record<string, string> = {};
      for (const [path, stored] of [...server.resources].sort(([one], [other]) => (one < other ? -1 : 1))) {
        if (path !== "") all[stored === null ? `${path}/` : path] = stored?.content.toString() ?? "";
      }
      return all;
    },
  };
}

const codes = ({ failed }: FolderSummary): readonly (readonly [string, unknown])[] =>
  failed.map(({ path, error }) => [path, error instanceof MemberError ? error.code : error.name]);

const both = ["up", "down"] as const;

/** The same story, told of the source and the destination. */
function sides(direction: "up" | "down"): Story & {
  source(path: string, content: string): void;
  destination(path: string, content: string): void;
  removeSource(path: string): void;
  at(): Readonly<Record<string, string>>;
  to(): Readonly<Record<string, string>>;
} {
  const told = story();
  const up = direction === "up";
  const removeThere = (path: string): void => {
    for (const member of [...told.server.resources.keys()]) {
      if (member === path || member.startsWith(`${path}/`)) told.server.resources.delete(member);
    }
  };
  return {
    ...told,
    source: up ? told.here : told.there,
    destination: up ? told.there : told.here,
    removeSource: up ? told.removeHere : removeThere,
    at: up ? () => told.local.contents() : told.remote,
    to: up ? told.remote : () => told.local.contents(),
  };
}

describe.each(both)("syncFolder %s", (direction) => {
  test("makes the destination like the source, and nothing twice", async () => {
    const { source, sync, at, to, server } = sides(direction);
    source("a", "one");
    source("d/b", "two");
    source("d/e/c", "three");
    expect(await sync({ direction })).toMatchObject({ transferred: 3, created: 2, failures: 0 });
    expect(to()).toEqual(at());
    const before = server.count("put") + server.count("get");
    expect(await sync({ direction })).toMatchObject({ transferred: 0, created: 0, skipped: 3 });
    expect(server.count("put") + server.count("get")).toBe(before);
  });

  test("sees a change that keeps the length, on the source's side", async () => {
    const { source, sync, to } = sides(direction);
    source("a", "one");
    await sync({ direction });
    source("a", "two");
    expect(await sync({ direction })).toMatchObject({ transferred: 1, failures: 0 });
    expect(to()).toEqual({ a: "two" });
  });

  test("a change on both sides is a conflict, until force", async () => {
    const { source, destination, sync, to } = sides(direction);
    source("a", "one");
    source("b", "same");
    await sync({ direction });
    source("a", "mine");
    destination("a", "their own");
    expect(codes(await sync({ direction }))).toEqual([["a", "conflict"]]);
    // It does not go away by itself.
    expect(codes(await sync({ direction }))).toEqual([["a", "conflict"]]);
    expect(to()).toEqual({ a: "their own", b: "same" });
    expect(await sync({ direction, force: true })).toMatchObject({ transferred: 1, failures: 0 });
    expect(to()).toEqual({ a: "mine", b: "same" });
    expect(await sync({ direction })).toMatchObject({ transferred: 0, failures: 0 });
  });

  test("a change of the destination alone is a conflict too: the source has nothing newer", async () => {
    const { source, destination, sync, to } = sides(direction);
    source("a", "one");
    await sync({ direction });
    destination("a", "two");
    expect(codes(await sync({ direction }))).toEqual([["a", "conflict"]]);
    expect(to()).toEqual({ a: "two" });
  });

  test("what appeared on both sides since is a conflict; before the first sync it is not", async () => {
    const { source, destination, sync, to } = sides(direction);
    source("first", "mine");
    destination("first", "their own");
    expect(await sync({ direction })).toMatchObject({ transferred: 1, failures: 0 });
    source("second", "mine");
    destination("second", "their own");
    expect(codes(await sync({ direction }))).toEqual([["second", "conflict"]]);
    expect(to()).toEqual({ first: "mine", second: "their own" });
  });

  test("deletes only if told to, and last", async () => {
    const { source, removeSource, destination, sync, to, server } = sides(direction);
    source("a", "one");
    source("d/b", "two");
    source("d/c/x", "three");
    destination("theirs", "extra");
    await sync({ direction });
    removeSource("d");
    source("z", "new");
    expect(await sync({ direction })).toMatchObject({ deleted: 0, failures: 0 });
    expect(to()).toMatchObject({ "d/b": "two", theirs: "extra" });
    source("zz", "newer");
    server.calls.length = 0;
    const summary = await sync({ direction, delete: true });
    expect(summary.failures).toBe(0);
    expect(summary.deleted).toBe(direction === "up" ? 2 : 5);
    expect(to()).toEqual({ a: "one", z: "new", zz: "newer" });
    if (direction === "up") {
      expect(server.calls.map(({ method, path }) => `${method} ${path}`).slice(-3)).toEqual([
        "list ",
        "delete d",
        "delete theirs",
      ]);
    }
  });

  test("deletes nothing where something failed, for it might be all that is left", async () => {
    const { source, removeSource, sync, to, server } = sides(direction);
    source("old-name", "content");
    await sync({ direction });
    removeSource("old-name");
    source("new-name", "content");
    server.before = ({ method }) => {
      if (method === "put" || method === "get")
        throw new HttpError({ method, url: new URL("http://x/"), status: 500, headers: new Headers() });
    };
    expect(await sync({ direction, delete: true })).toMatchObject({
      failures: 1,
      deleted: 0,
      deletionsLeftOut: true,
    });
    expect(to()).toEqual({ "old-name": "content" });
    server.before = () => undefined;
    expect(await sync({ direction, delete: true })).toMatchObject({ failures: 0, deleted: 1 });
    expect(to()).toEqual({ "new-name": "content" });
  });

  test("deletes nothing where the source could not be read", async () => {
    const { source, sync, to, server, local } = sides(direction);
    source("d/a", "content");
    source("e", "content");
    await sync({ direction });
    if (direction === "down") {
      server.before = ({ method, path }) => {
        if (method === "list" && path === "d")
          throw new HttpError({ method, url: new URL("http://x/d/"), status: 403, headers: new Headers() });
      };
    } else rmSync(local.folder, { recursive: true });
    const outcome = sync({ direction, delete: true });
    if (direction === "up") await expect(outcome).rejects.toMatchObject({ code: "ENOENT" });
    else expect(await outcome).toMatchObject({ failures: 1, deleted: 0 });
    if (direction === "up") expect(to()).toMatchObject({ "d/a": "content" });
    else expect(local.contents()).toMatchObject({ "d/a": "content" });
  });

  test("what was deleted at the source and changed at the destination is a conflict, and keeps its collections", async () => {
    const { source, removeSource, destination, sync, to } = sides(direction);
    source("d/deep/kept", "one");
    source("d/deep/gone", "two");
    source("d/gone", "three");
    source("a", "four");
    await sync({ direction });
    removeSource("d");
    destination("d/deep/kept", "their own");
    expect(codes(await sync({ direction, delete: true }))).toEqual([["d/deep/kept", "conflict"]]);
    expect(to()).toEqual({ a: "four", "d/": "", "d/deep/": "", "d/deep/kept": "their own" });
    expect(await sync({ direction, delete: true, force: true })).toMatchObject({ failures: 0 });
    expect(to()).toEqual({ a: "four" });
  });

  test("what only the destination deleted is brought back", async () => {
    const { source, sync, at, to, removeHere, server } = sides(direction);
    source("a", "one");
    source("d/b", "two");
    await sync({ direction });
    if (direction === "up") server.resources.delete("a");
    else removeHere("a");
    expect(await sync({ direction })).toMatchObject({ transferred: 1, failures: 0 });
    expect(to()).toEqual(at());
  });

  test("a document becomes a collection, and the reverse, only with replace", async () => {
    const { source, removeSource, sync, to } = sides(direction);
    source("x", "document");
    source("y/within/deep", "member");
    await sync({ direction });
    removeSource("x");
    removeSource("y");
    source("x/within/deep", "member");
    source("y", "document");
    for (const options of [{}, { delete: true }, { delete: true, force: true }]) {
      expect(new Map(codes(await sync({ direction, ...options })))).toEqual(
        new Map([
          ["x", "type-differs"],
          ["y", "type-differs"],
        ]),
      );
      expect(to()).toMatchObject({ x: "document", "y/within/deep": "member" });
    }
    expect(await sync({ direction, replace: true })).toMatchObject({ failures: 0 });
    expect(to()).toEqual({ "x/": "", "x/within/": "", "x/within/deep": "member", y: "document" });
  });

  test("a document of the other type that was changed meanwhile stays, with a conflict", async () => {
    const { source, removeSource, destination, sync, to } = sides(direction);
    source("x", "document");
    source("y/within", "member");
    await sync({ direction });
    removeSource("x");
    removeSource("y");
    source("x/within", "member");
    source("y", "document");
    destination("x", "their own");
    destination("y/within", "their own");
    const summary = await sync({ direction, replace: true });
    expect(codes(summary)).toContainEqual(["x", "conflict"]);
    expect(codes(summary)).toContainEqual(["y/within", "conflict"]);
    expect(to()).toMatchObject({ x: "their own", "y/within": "their own" });
  });

  test("what is of another type stays where something failed before", async () => {
    const { source, removeSource, sync, to, server } = sides(direction);
    source("x/within", "member");
    source("d/a", "one");
    await sync({ direction });
    removeSource("x");
    source("x", "document");
    server.failing = (path) => (path === "d" ? { d: 503 } : {});
    expect(codes(await sync({ direction, replace: true, delete: true }))).toEqual([
      ["d", "MultistatusError"],
      ["x", "type-differs"],
    ]);
    expect(to()).toMatchObject({ "x/within": "member" });
  });

  test("dryRun tells all steps in their order, and remembers nothing", async () => {
    const { source, destination, sync, to, local } = sides(direction);
    source("a", "one");
    source("d/b", "two");
    destination("old", "x");
    const before = to();
    const { steps } = await sync({ direction, dryRun: true, delete: true });
    const action = direction === "up" ? "upload" : "download";
    expect(steps).toEqual([
      { action: "create-collection", path: "d", replaces: false },
      { action, path: "a", bytes: 3, replaces: false },
      { action, path: "d/b", bytes: 3, replaces: false },
      { action: "delete", path: "old", bytes: 1, replaces: true },
    ]);
    expect(to()).toEqual(before);
    expect(existsSync(local.stateDirectory)).toBe(false);
  });

  test("what is remembered may be lost: it falls back on lengths and times", async () => {
    const { source, sync, to, at, local } = sides(direction);
    source("a", "one");
    source("b", "two");
    await sync({ direction });
    rmSync(local.stateDirectory, { recursive: true });
    expect(await sync({ direction })).toMatchObject({ skipped: 2, transferred: 0 });
    rmSync(local.stateDirectory, { recursive: true });
    source("b", "longer");
    expect(await sync({ direction })).toMatchObject({ skipped: 1, transferred: 1, failures: 0 });
    expect(to()).toEqual(at());
  });

  test("what is remembered may be damaged", async () => {
    const { source, sync, to, at, local } = sides(direction);
    source("a", "one");
    source("b", "two");
    await sync({ direction });
    const file = join(local.stateDirectory, readdirSync(local.stateDirectory)[0] ?? "");
    appendFileSync(file, '["torn", 1, 2');
    expect(await sync({ direction })).toMatchObject({ skipped: 2, failures: 0 });
    writeFileSync(file, "nothing of ours\n[]\n");
    expect(await sync({ direction })).toMatchObject({ skipped: 2, failures: 0 });
    source("c", "three");
    expect(await sync({ direction })).toMatchObject({ transferred: 1, failures: 0 });
    expect(to()).toEqual(at());
    expect(readFileSync(file, "utf8").split("\n")[0]).toBe(
      '{"meanwhile":"folder state","version":1,"complete":true}',
    );
  });

  test("a first sync that failed in part does not take the rest for conflicts afterwards", async () => {
    const { source, destination, sync, to, server } = sides(direction);
    source("a", "one");
    source("b", "two");
    destination("b", "older");
    let fail = true;
    server.before = ({ method, path }) => {
      if (fail && (method === "put" || method === "get") && path === "b")
        throw new HttpError({ method, url: new URL("http://x/"), status: 503, headers: new Headers() });
    };
    expect((await sync({ direction })).failures).toBe(1);
    fail = false;
    expect(await sync({ direction })).toMatchObject({ failures: 0, transferred: 1 });
    expect(to()).toEqual({ a: "one", b: "two" });
  });
});

describe("syncFolder", () => {
  test("what a cut upload left at a server that keeps half of it is no conflict", async () => {
    const { here, sync, server, remote } = story();
    here("a", "one");
    await sync({ direction: "up" });
    here("a", "two and more");
    server.before = ({ method }) => {
      if (method !== "put") return;
      server.put("a", "two");
      throw new ConnectionError("lost", "lost", { mayHaveArrived: true });
    };
    expect((await sync({ direction: "up" })).failures).toBe(1);
    server.before = () => undefined;
    expect(await sync({ direction: "up" })).toMatchObject({ transferred: 1, failures: 0 });
    expect(remote()).toEqual({ a: "two and more" });
  });

  test("links of the folder protect what has their name at the server, and themselves", async () => {
    const { here, sync, local, server, remote } = story();
    here("d/a", "one");
    server.put("link", "two");
    symlinkSync("/etc/hostname", join(local.folder, "link"));
    const up = await sync({ direction: "up", delete: true });
    expect(up).toMatchObject({ failures: 0, deleted: 0 });
    expect(up.ignored.map(({ path }) => path)).toEqual(["link"]);
    server.resources.delete("link");
    server.resources.delete("d/a");
    server.resources.delete("d");
    symlinkSync("/etc/hostname", join(local.folder, "d/link"));
    const down = await sync({ direction: "down", delete: true });
    expect(down.failures).toBe(0);
    expect(local.contents()).toEqual({ "d/": "", "d/link": "(link)", link: "(link)" });
    expect(remote()).toEqual({});
  });

  test("deletes unfinished downloads with their folder", async () => {
    const { sync, local, server } = story();
    server.put("keep", "x");
    local.write("d/.meanwhile-0123456789abcdefABCDEF.part", "half");
    expect(await sync({ direction: "down", delete: true })).toMatchObject({ deleted: 1, failures: 0 });
    expect(local.contents()).toEqual({ keep: "x" });
  });

  test("a file that appears in a folder that is to be deleted is not lost", async () => {
    const { here, sync, local, server } = story();
    here("d/a", "one");
    server.put("z", "x");
    server.before = ({ method }) => {
      if (method === "get") local.write("d/new", "new");
    };
    expect((await sync({ direction: "down", delete: true })).failures).toBe(1);
    expect(local.contents()).toEqual({ "d/": "", "d/new": "new", z: "x" });
  });

  test("a local file that is changed before it is deleted is not lost", async () => {
    const { here, sync, local, server } = story();
    here("a", "one");
    server.put("z", "x");
    server.before = ({ method }) => {
      if (method === "get") local.write("a", "changed");
    };
    expect(codes(await sync({ direction: "down", delete: true }))).toEqual([["a", "changed-meanwhile"]]);
    expect(local.contents()).toMatchObject({ a: "changed" });
  });

  test("a resource that is changed before it is deleted is not lost (RFC 9110 §13.1.1)", async () => {
    const { here, sync, server, remote } = story();
    here("z", "x");
    server.put("a", "one");
    server.before = ({ method }) => {
      if (method === "put") server.put("a", "changed");
    };
    expect(codes(await sync({ direction: "up", delete: true }))).toEqual([["a", "changed-meanwhile"]]);
    expect(remote()).toMatchObject({ a: "changed" });
  });

  test("a DELETE of which the answer was lost is looked up; one that finds nothing is done", async () => {
    const { here, sync, server, remote } = story();
    here("z", "x");
    server.put("a", "one");
    server.put("b", "one");
    server.after = ({ method }) => {
      if (method === "delete") throw new ConnectionError("lost", "lost", { mayHaveArrived: true });
    };
    server.before = ({ method, path }) => {
      if (method === "delete" && path === "b") server.resources.delete("b");
    };
    expect(await sync({ direction: "up", delete: true })).toMatchObject({ failures: 0, deleted: 1 });
    expect(remote()).toEqual({ z: "x" });
  });

  test("keeps one memory for each pair of folder and collection", async () => {
    const { local, server } = story();
    local.write("a", "one");
    const { stateDirectory } = local;
    for (const place of ["x", "y"]) {
      await syncFolder(server.client, local.folder, place, { direction: "up", stateDirectory }).outcome;
    }
    expect(readdirSync(stateDirectory)).toHaveLength(2);
  });

  test("refuses a direction that is none, at once", () => {
    const direction = "sideways" as unknown as "up";
    expect(() => syncFolder(fakeServer().client, "/nowhere", "", { direction })).toThrow(TypeError);
  });
});
