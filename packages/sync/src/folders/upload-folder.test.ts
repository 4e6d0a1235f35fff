import { symlinkSync, utimesSync, writeFileSync } from "node:fs";
import * as fileSystem from "node:fs/promises";
import { join } from "node:path";
import { CancelledError, ConnectionError, HttpError, OutcomeUnknownError } from "@meanwhile/client";
import { describe, expect, test } from "vitest";
import { mostTroubles } from "../run/carry-out.ts";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { FolderError, type FolderProgress, MemberError } from "./folder-work.ts";
import { uploadFolder } from "./upload-folder.ts";

const lost = (): ConnectionError => new ConnectionError("lost", "lost", { mayHaveArrived: true });

async function failureOf(outcome: Promise<unknown>): Promise<FolderError> {
  const error = await outcome.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FolderError)) throw new Error("no FolderError", { cause: error });
  return error;
}

describe("uploadFolder", () => {
  test("puts all documents and collections, empty ones too", async () => {
    const local = testFolder();
    local.write("a.txt", "one");
    local.write("deep/er/b.txt", "two");
    local.write("empty.txt", "");
    local.mkdir("nothing/within");
    const server = fakeServer();
    const summary = await uploadFolder(server.client, local.folder, "target", local).outcome;
    expect(summary).toMatchObject({ transferred: 3, bytes: 6, skipped: 0, created: 4, failures: 0 });
    expect([...server.resources.keys()].sort()).toEqual([
      ...["", "target", "target/a.txt", "target/deep", "target/deep/er", "target/deep/er/b.txt"],
      ...["target/empty.txt", "target/nothing", "target/nothing/within"],
    ]);
    expect(server.resources.get("target/deep/er/b.txt")?.content.toString()).toBe("two");
  });

  test("keeps hostile names as they are", async () => {
    const local = testFolder();
    const names = [
      "100%",
      "a b",
      "%2e%2e",
      "q?x#y",
      "back\\slash",
      "line\nbreak",
      "é",
      "e\u0301",
      "...",
      "~",
      "ü;,='",
    ];
    for (const name of names) local.write(name, name);
    const server = fakeServer();
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect([...server.resources.keys()].sort()).toEqual(["", ...names].sort());
  });

  test("done again, sends nothing again", async () => {
    const local = testFolder();
    local.write("a.txt", "one");
    local.write("d/b.txt", "two");
    const server = fakeServer();
    await uploadFolder(server.client, local.folder, "", local).outcome;
    const again = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(again).toMatchObject({ transferred: 0, skipped: 2, created: 0 });
    expect(server.count("put")).toBe(2);
  });

  test("done again, sends only what changed, even if its length did not", async () => {
    const local = testFolder();
    local.write("a.txt", "one");
    local.write("b.txt", "two");
    const server = fakeServer();
    await uploadFolder(server.client, local.folder, "", local).outcome;
    local.write("a.txt", "eno", new Date(Date.now() + 5000));
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(server.count("put")).toBe(3);
    expect(server.resources.get("a.txt")?.content.toString()).toBe("eno");
  });

  test("without any state kept, skips what has its length and is older than the resource by the server's clock", async () => {
    const local = testFolder();
    const server = fakeServer(() => Date.now() + 3_600_000);
    server.put("old.txt", "one", new Date(Date.now() + 3_600_000));
    server.put("young.txt", "one", new Date(Date.now() + 3_600_000 - 60_000));
    local.write("old.txt", "ONE", new Date(Date.now() - 10_000));
    local.write("young.txt", "ONE", new Date(Date.now() - 10_000));
    const options = { stateDirectory: false } as const;
    const summary = await uploadFolder(server.client, local.folder, "", options).outcome;
    expect(summary).toMatchObject({ skipped: 1, transferred: 1 });
    expect(server.resources.get("young.txt")?.content.toString()).toBe("ONE");
  });

  test("asks once for each collection what the server made of what was put", async () => {
    const local = testFolder();
    for (const name of ["a", "b", "c"]) local.write(`d/${name}`, name);
    const server = fakeServer();
    server.tagsPuts = false;
    await uploadFolder(server.client, local.folder, "", local).outcome;
    // The root on the way down; then the collections that got something.
    expect(
      server.calls
        .filter(({ method }) => method === "list")
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["", "", "d"]);
    server.put("d/a", "A");
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(server.resources.get("d/a")?.content.toString()).toBe("a");
    expect(server.count("put")).toBe(4);
  });

  test("says on what condition it replaces (RFC 9110 §13.1)", async () => {
    const local = testFolder();
    local.write("new.txt", "one");
    local.write("old.txt", "two!");
    const server = fakeServer();
    server.put("old.txt", "two");
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(server.calls.filter(({ method }) => method === "put")).toEqual([
      { method: "put", path: "new.txt", ifNoneMatch: "*" },
      { method: "put", path: "old.txt", ifMatch: '"state-1"' },
    ]);
  });

  test("what another changed meanwhile is not replaced", async () => {
    const local = testFolder();
    local.write("a.txt", "mine!");
    const server = fakeServer();
    server.put("a.txt", "old");
    server.before = ({ method }) => {
      if (method === "put") server.put("a.txt", "theirs");
    };
    const { summary } = await failureOf(uploadFolder(server.client, local.folder, "", local).outcome);
    expect(summary.failed[0]?.error).toMatchObject({ code: "changed-meanwhile" });
    expect(server.resources.get("a.txt")?.content.toString()).toBe("theirs");
  });

  test.each([
    ["the same content", "mine!", 0],
    ["other content of the same length", "their", 1],
  ])("where %s appeared meanwhile, nothing is replaced", async (_what, theirs, failures) => {
    const local = testFolder();
    local.write("a.txt", "mine!");
    const server = fakeServer();
    server.before = ({ method }) => {
      if (method === "put") server.put("a.txt", theirs);
    };
    const work = uploadFolder(server.client, local.folder, "", local);
    const summary = await work.outcome.catch((error: FolderError) => error.summary);
    expect(summary.failures).toBe(failures);
    expect([server.resources.get("a.txt")?.content.toString(), server.count("put")]).toEqual([theirs, 1]);
  });

  test("a server that refuses its own entity tags is asked without", async () => {
    const local = testFolder();
    local.write("a.txt", "mine!");
    local.write("b.txt", "new");
    const server = fakeServer();
    server.put("a.txt", "old");
    server.before = ({ method, path, ifMatch, ifNoneMatch }) => {
      if (method !== "put" || (ifMatch ?? ifNoneMatch) === undefined) return;
      throw new HttpError({
        method: "PUT",
        url: new URL(`http://files.example/base/${path}`),
        ...{ status: 412, headers: new Headers() },
      });
    };
    const summary = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(summary.transferred).toBe(2);
  });

  test("symbolic links are not followed, but told, and no failure", async () => {
    const local = testFolder();
    local.write("a.txt", "one");
    writeFileSync(join(local.around, "secret"), "secret");
    symlinkSync(join(local.around, "secret"), join(local.folder, "link.txt"));
    symlinkSync(local.around, join(local.folder, "link"));
    const server = fakeServer();
    const summary = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(
      summary.ignored.map(({ path, error }) => [path, error instanceof MemberError && error.code]),
    ).toEqual(
      [
        ["link", "symbolic-link"],
        ["link.txt", "symbolic-link"],
      ].sort(),
    );
    expect([...server.resources.keys()]).toEqual(["", "a.txt"]);
  });

  test("unfinished downloads are not sent", async () => {
    const local = testFolder();
    local.write(".meanwhile-0123456789abcdefABCDEF.part", "half");
    const server = fakeServer();
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect([...server.resources.keys()]).toEqual([""]);
  });

  test("a failing member does not stop the others, and is listed", async () => {
    const local = testFolder();
    for (const name of ["a", "b", "c"]) local.write(name, name);
    const server = fakeServer();
    server.before = ({ method, path }) => {
      if (method !== "put" || path !== "b") return;
      throw new HttpError({ method: "PUT", url: new URL("http://x/b"), status: 423, headers: new Headers() });
    };
    const error = await failureOf(uploadFolder(server.client, local.folder, "", local).outcome);
    expect(error.message).toBe('1 failed, such as "b": PUT /b: 423');
    expect(error.summary).toMatchObject({ transferred: 2, failures: 1, endedEarly: false });
    expect(error.summary.failed[0]?.error).toBeInstanceOf(HttpError);
  });

  test("with failFast nothing more is begun after a failure", async () => {
    const local = testFolder();
    for (const name of ["a", "b", "c"]) local.write(name, name);
    const server = fakeServer();
    server.before = ({ method }) => {
      if (method === "put") throw lost();
    };
    const options = { ...local, failFast: true, concurrency: 1 };
    const { summary } = await failureOf(uploadFolder(server.client, local.folder, "", options).outcome);
    expect(summary).toMatchObject({ failures: 1, endedEarly: true });
    expect(server.count("put")).toBe(1);
  });

  test.each([
    [
      "401",
      new HttpError({ method: "PUT", url: new URL("http://x/"), status: 401, headers: new Headers() }),
      1,
    ],
    ["refused", new ConnectionError("refused", "refused", { mayHaveArrived: false }), 1],
    ["lost again and again", lost(), mostTroubles],
  ])("does not go on with what cannot go well: %s", async (_what, error, tries) => {
    const local = testFolder();
    for (let number = 10; number < 40; number += 1) local.write(`${number}`, "x");
    const server = fakeServer();
    server.before = ({ method }) => {
      if (method === "put") throw error;
    };
    const options = { ...local, concurrency: 1 };
    const { summary } = await failureOf(uploadFolder(server.client, local.folder, "", options).outcome);
    expect(summary).toMatchObject({ failures: tries, endedEarly: true });
    expect(server.count("put")).toBe(tries);
  });

  test("members of a collection that could not be created are told, not tried", async () => {
    const local = testFolder();
    local.write("bad/x/a", "a");
    local.write("good/b", "b");
    const server = fakeServer();
    server.before = ({ method, path }) => {
      if (method !== "mkdir" || path !== "bad") return;
      throw new HttpError({
        method: "MKCOL",
        url: new URL("http://x/bad"),
        status: 403,
        headers: new Headers(),
      });
    };
    const { summary } = await failureOf(uploadFolder(server.client, local.folder, "", local).outcome);
    expect(
      summary.failed.map(({ path, error }) => [path, error instanceof MemberError && error.code]),
    ).toEqual([
      ["bad", false],
      ["bad/x", "parent-failed"],
      ["bad/x/a", "parent-failed"],
    ]);
    expect(server.count("put")).toBe(1);
  });

  test("an unknown outcome is looked up: what arrived is not sent again", async () => {
    const local = testFolder();
    local.write("a.txt", "content");
    const server = fakeServer();
    server.after = ({ method }) => {
      if (method === "put") throw new OutcomeUnknownError("PUT", new URL("http://x/a.txt"), lost());
    };
    const summary = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(summary.transferred).toBe(1);
    expect(server.count("put")).toBe(1);
  });

  test("an unknown outcome is looked up: what did not arrive is sent again", async () => {
    const local = testFolder();
    local.write("a.txt", "content");
    const server = fakeServer();
    let tries = 0;
    server.before = ({ method }) => {
      if (method !== "put") return;
      tries += 1;
      if (tries < 3) throw new OutcomeUnknownError("PUT", new URL("http://x/a.txt"), lost());
    };
    const summary = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(summary.transferred).toBe(1);
    expect(server.count("put")).toBe(3);
  });

  test("a server that keeps what came before the connection was lost gets the whole", async () => {
    const local = testFolder();
    local.write("a.txt", "content");
    const server = fakeServer();
    let tries = 0;
    server.before = ({ method }) => {
      if (method !== "put") return;
      tries += 1;
      if (tries > 1) return;
      server.put("a.txt", "con");
      throw new OutcomeUnknownError("PUT", new URL("http://x/a.txt"), lost());
    };
    await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(server.resources.get("a.txt")?.content.toString()).toBe("content");
  });

  test("a MKCOL of which the answer was lost is looked up", async () => {
    const local = testFolder();
    local.write("d/a.txt", "content");
    const server = fakeServer();
    server.after = ({ method }) => {
      if (method === "mkdir") throw lost();
    };
    const summary = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(summary).toMatchObject({ created: 1, transferred: 1 });
  });

  test("a file that changes while it is sent is told, and nothing is stored", async () => {
    const local = testFolder();
    local.write("a.txt", "x".repeat(1_000_000));
    const server = fakeServer();
    const path = join(local.folder, "a.txt");
    const opened: typeof fileSystem.open = async (...args) => {
      const handle = await fileSystem.open(...args);
      if (args[0] !== path) return handle;
      let stats = 0;
      return new Proxy(handle, {
        get(target, name) {
          if (name === "stat") {
            stats += 1;
            if (stats === 2) utimesSync(path, 1, 1);
          }
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    const surroundings = { fileSystem: { ...fileSystem, open: opened } };
    const work = uploadFolder(server.client, local.folder, "", { ...local, surroundings });
    const { summary } = await failureOf(work.outcome);
    expect(summary.failed[0]?.error).toMatchObject({ code: "changed-meanwhile" });
    expect(server.resources.has("a.txt")).toBe(false);
  });

  test("a document where the folder has a folder is told, and stays", async () => {
    const local = testFolder();
    local.write("x/a", "a");
    local.write("y", "y");
    const server = fakeServer();
    server.put("x", "document");
    server.put("y/within", "member");
    const { summary } = await failureOf(uploadFolder(server.client, local.folder, "", local).outcome);
    expect(
      new Map(summary.failed.map(({ path, error }) => [path, error instanceof MemberError && error.code])),
    ).toEqual(
      new Map([
        ["x", "type-differs"],
        ["y", "type-differs"],
      ]),
    );
    expect(server.count("put") + server.count("delete") + server.count("mkdir")).toBe(0);
  });

  test("tells how far it is: what it found, then documents and bytes", async () => {
    const local = testFolder();
    for (const name of ["a", "b", "c"]) local.write(name, "x".repeat(10));
    const server = fakeServer();
    const work = uploadFolder(server.client, local.folder, "", { ...local, concurrency: 1 });
    const seen: FolderProgress[] = [];
    for await (const progress of work.progress) seen.push(progress);
    expect(seen[0]?.stage).toBe("listing");
    expect(seen.at(-1)).toMatchObject({
      stage: "transferring",
      documents: { done: 3, total: 3 },
      bytes: { done: 30, total: 30 },
      current: [],
    });
    const bytes = seen.map((progress) => progress.bytes.done);
    expect(bytes).toEqual([...bytes].sort((one, other) => one - other));
    expect(seen.some(({ current }) => current.length === 1)).toBe(true);
    await work.outcome;
  });

  test("has as many transfers under way as asked for, and no more", async () => {
    const local = testFolder();
    for (let number = 0; number < 20; number += 1) local.write(`${number}`, "x");
    const server = fakeServer();
    let running = 0;
    let most = 0;
    server.before = async ({ method }) => {
      if (method !== "put") return;
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await uploadFolder(server.client, local.folder, "", { ...local, concurrency: 3 }).outcome;
    expect(most).toBe(3);
  });

  test.each([0, 65, 1.5, Number.NaN])("refuses %s transfers at a time at once", (concurrency) => {
    const start = (): unknown => uploadFolder(fakeServer().client, "/nowhere", "", { concurrency });
    expect(start).toThrow(TypeError);
  });

  test("cancelled, it ends what is under way and goes on from there the next time", async () => {
    const local = testFolder();
    for (const name of ["a", "b", "c"]) local.write(name, name);
    const server = fakeServer();
    const work = uploadFolder(server.client, local.folder, "", { ...local, concurrency: 1 });
    let done: Promise<void> | undefined;
    server.before = ({ method, path }) => {
      if (method === "put" && path === "b") done = work.cancel();
    };
    await expect(work.outcome).rejects.toThrow(CancelledError);
    await done;
    server.before = () => undefined;
    const again = await uploadFolder(server.client, local.folder, "", local).outcome;
    expect(again.skipped).toBeGreaterThanOrEqual(1);
    expect(again.failures).toBe(0);
    expect(server.calls.filter(({ path, method }) => method === "put" && path === "a")).toHaveLength(1);
  });

  test("an aborted signal ends it with its reason, before and during", async () => {
    const local = testFolder();
    local.write("a", "a");
    const server = fakeServer();
    const reason = new Error("enough");
    const early = { ...local, signal: AbortSignal.abort(reason) };
    await expect(uploadFolder(server.client, local.folder, "", early).outcome).rejects.toBe(reason);
    expect(server.calls).toEqual([]);
    const controller = new AbortController();
    server.before = ({ method }) => {
      if (method === "put") controller.abort(reason);
    };
    const late = { ...local, signal: controller.signal };
    await expect(uploadFolder(server.client, local.folder, "", late).outcome).rejects.toBe(reason);
    expect(server.resources.has("a")).toBe(false);
  });

  test("dryRun tells what would be done and does nothing", async () => {
    const local = testFolder();
    local.write("a", "aa");
    local.write("d/b", "b");
    const server = fakeServer();
    server.put("target/a", "a");
    const summary = await uploadFolder(server.client, local.folder, "target", { ...local, dryRun: true })
      .outcome;
    expect(summary.steps).toEqual([
      { action: "create-collection", path: "d", replaces: false },
      { action: "upload", path: "a", bytes: 2, replaces: true },
      { action: "upload", path: "d/b", bytes: 1, replaces: false },
    ]);
    const nowhere = await uploadFolder(server.client, local.folder, "other", { ...local, dryRun: true })
      .outcome;
    expect(nowhere.steps).toHaveLength(3);
    expect(server.count("put") + server.count("mkdir")).toBe(0);
  });

  test("a missing folder, and a file, are told before anything is created", async () => {
    const local = testFolder();
    local.write("file", "x");
    const server = fakeServer();
    const missing = uploadFolder(server.client, join(local.folder, "missing"), "new", local);
    await expect(missing.outcome).rejects.toMatchObject({ code: "ENOENT" });
    const file = uploadFolder(server.client, join(local.folder, "file"), "new", local);
    await expect(file.outcome).rejects.toMatchObject({ code: "wrong-kind" });
    expect(server.calls).toEqual([]);
  });

  test("more members than allowed are refused before anything is done", async () => {
    const local = testFolder();
    for (let number = 0; number < 6; number += 1) local.write(`d/${number}`, "x");
    const server = fakeServer();
    const work = uploadFolder(server.client, local.folder, "", { ...local, maxMembers: 6 });
    await expect(work.outcome).rejects.toMatchObject({ code: "limit" });
    expect(server.count("put") + server.count("mkdir")).toBe(0);
    await uploadFolder(server.client, local.folder, "", { ...local, maxMembers: 7 }).outcome;
  });

  test("works without a place for its state, and says so", async () => {
    const local = testFolder();
    local.write("a", "a");
    local.write("blocked", "");
    const server = fakeServer();
    const stateDirectory = join(local.folder, "blocked", "state");
    const summary = await uploadFolder(server.client, local.folder, "", { stateDirectory }).outcome;
    expect(summary.transferred).toBe(2);
    expect(summary.stateError).toBeInstanceOf(Error);
  });
});
