import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parsePath } from "@meanwhile/dav";
import { keptLocks, type LockLimits } from "@meanwhile/server/internal";
import { type LockRequest, type LockStore, TreeError } from "@meanwhile/server/store";
import { lockStoreContract } from "@meanwhile/server/testing";
import { openState, type Part } from "@meanwhile/state-lmdb";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { open, type RootDatabase } from "lmdb";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { treeError } from "../calls/errno.ts";

let folder: string;
let database: RootDatabase;
let nowMs: number;
const clock = () => nowMs;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-locks-"));
  database = open({ path: join(folder, "state.mdb") });
  nowMs = Date.UTC(2026, 0, 15);
});

afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

function openStore(limits: Partial<LockLimits> = {}): LockStore {
  return locksIn(stateIn(database).part({ failure: treeError }), limits);
}

function locksIn(part: Part, limits: Partial<LockLimits> = {}): LockStore {
  const records = part.table<string, unknown>("locks", "json");
  return keptLocks({ records, change: (work, how) => part.change(work, how), clock, limits });
}

/** Closes the database without a word to the store, and opens both again. */
async function reopen(): Promise<LockStore> {
  await database.close();
  database = open({ path: join(folder, "state.mdb") });
  return openStore();
}

function request(path: string, more: Partial<LockRequest> = {}): LockRequest {
  return {
    root: parsePath(path),
    scope: "exclusive",
    depth: "0",
    owner: undefined,
    principal: undefined,
    timeoutSeconds: 100,
    ...more,
  };
}

describe("the store of locks in LMDB keeps the contract", () => {
  for (const { name, needs, run } of lockStoreContract) {
    test(name, ({ skip }) => {
      skip(needs === "second", "one process at a time has the database");
      return run({
        store: openStore(),
        advance: (seconds) => {
          nowMs += seconds * 1000;
        },
        reopen,
      });
    });
  }
});

describe("what is kept", () => {
  test("is gone from the database when the lock is", async () => {
    const store = openStore();
    const kept = database.openDB({ name: "locks", encoding: "json" });
    const first = await store.create(request("/a"));
    await store.create(request("/b"));
    await store.create(request("/b/c"));
    await store.create(request("/d", { timeoutSeconds: 1 }));
    expect(kept.getKeysCount()).toBe(4);
    if (first.kind === "granted") await store.remove(first.lock.token);
    await store.removeWithin(parsePath("/b"));
    expect(kept.getKeysCount()).toBe(1);
    nowMs += 1000;
    await store.covering(parsePath("/d"));
    await store.close?.();
    expect(kept.getKeysCount()).toBe(0);
  });

  test("is in the database when the answer is given", async () => {
    const store = openStore();
    const kept = database.openDB({ name: "locks", encoding: "json" });
    const result = await store.create(request("/a", { principal: "ann" }));
    expect(result.kind).toBe("granted");
    const token = result.kind === "granted" ? result.lock.token : "";
    expect(kept.get(token)).toMatchObject({ version: 1, root: "/a", principal: "ann", timeoutSeconds: 100 });
    await store.refresh(token, 500);
    expect(kept.get(token)).toMatchObject({ timeoutSeconds: 500, expiresAtMs: nowMs + 500_000 });
  });

  test("is forgotten at the next start where it expired meanwhile", async () => {
    await openStore().create(request("/a"));
    nowMs += 100_000;
    const store = await reopen();
    await store.close?.();
    expect(database.openDB({ name: "locks", encoding: "json" }).getKeysCount()).toBe(0);
  });
});

describe("a record that is not a lock", () => {
  const good = { version: 1, root: "/a", scope: "shared", depth: "0", timeoutSeconds: 1, expiresAtMs: 1 };

  test.each<readonly [string, unknown, RegExp]>([
    ["of a newer format", { ...good, version: 2 }, /format 2; this version reads 1/],
    ["without a version", { ...good, version: undefined }, /urn:test:1 cannot be read/],
    ["with another scope", { ...good, scope: "both" }, /cannot be read/],
    ["with another depth", { ...good, depth: "1" }, /cannot be read/],
    ["with no path", { ...good, root: "a" }, /cannot be read/],
    ["with an owner that is no text", { ...good, owner: 1 }, /cannot be read/],
    ["with a principal that is no text", { ...good, principal: {} }, /cannot be read/],
    ["without a timeout", { ...good, timeoutSeconds: null }, /cannot be read/],
    ["that is a number", 5, /cannot be read/],
    ["that is null", null, /cannot be read/],
  ])("%s is refused, and stays", async (_what, record, message) => {
    const kept = database.openDB({ name: "locks", encoding: "json" });
    await kept.put("urn:test:1", record);
    expect(() => openStore()).toThrow(TreeError);
    expect(() => openStore()).toThrow(message);
    expect(kept.getKeysCount()).toBe(1);
  });
});

describe("when the database fails", () => {
  test("a lock is not granted, and does not stay", async () => {
    const store = openStore();
    await database.close();
    await expect(store.create(request("/a"))).rejects.toMatchObject({
      name: "TreeError",
      code: "unavailable",
    });
    expect(await store.covering(parsePath("/a"))).toEqual([]);
    database = open({ path: join(folder, "state.mdb") });
  });

  test("what has expired is still in no answer", async () => {
    const store = openStore();
    await store.create(request("/a"));
    await database.close();
    nowMs += 100_000;
    expect(await store.covering(parsePath("/a"))).toEqual([]);
    database = open({ path: join(folder, "state.mdb") });
  });
});

test("a limit that is reached is said so, and nothing is kept", async () => {
  const store = openStore({ locks: 1 });
  expect((await store.create(request("/a"))).kind).toBe("granted");
  expect(await store.create(request("/b"))).toEqual({ kind: "exhausted" });
  expect(database.openDB({ name: "locks", encoding: "json" }).getKeysCount()).toBe(1);
});

test("20,000 locks are made at once, kept, and opened again", async () => {
  const store = openStore({ locksPerPrincipal: 100_000 });
  const made = Array.from({ length: 20_000 }, async (_, index) =>
    store.create(request(`/c${index % 100}/m${index}`)),
  );
  const results = await Promise.all(made);
  expect(results.every(({ kind }) => kind === "granted")).toBe(true);
  const opened = await reopen();
  expect((await opened.within(parsePath("/"))).length).toBe(20_000);
  expect((await opened.within(parsePath("/c7"))).length).toBe(200);
});

test("every lock that was answered survives the kill of the process (kill -9)", async () => {
  await database.close();
  const child = lockingProcess();
  const answered: string[] = [];
  if (child.stdout === null) throw new TypeError("the process has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    answered.push(line);
    // Others are on their way at this moment.
    if (answered.length === 300) child.kill("SIGKILL");
  }
  const state = await openState({ directory: folder, file: "state.mdb" });
  onTestFinished(() => state.close());
  const store = locksIn(state.part());
  expect(answered.length).toBeGreaterThanOrEqual(300);
  const kept = new Set((await store.within(parsePath("/"))).map(({ token, root }) => `${token} ${root}`));
  for (const line of answered.filter((one) => one.startsWith("urn:"))) expect(kept).toContain(line);
  for (const line of answered.filter((one) => one.startsWith("removed "))) {
    expect(kept).not.toContain(line.slice("removed ".length));
  }
  expect(answered.some((line) => line.startsWith("removed "))).toBe(true);
});

/** A process that makes locks without end, and removes some, and prints each when it was answered. */
function lockingProcess(): ChildProcess {
  const [typescript, script] = [
    "../../../state-lmdb/testing/typescript-on-node.mjs",
    "../../testing/locking-process.mjs",
  ].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const flags = ["--conditions=@meanwhile/source", `--import=${typescript}`];
  return spawn(process.execPath, [...flags, `${script}`, folder, `${nowMs}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
