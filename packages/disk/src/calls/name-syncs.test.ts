import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, makeTestDisk } from "../testing/disk.ts";
import { Pace } from "../workers/pace.ts";
import { Calls, type SyncOptions } from "./calls.ts";
import { Syncs } from "./syncs.ts";

/** Calls whose syncs wait until they are let go, or fail. */
function ground(options: SyncOptions = {}, fsync?: (fd: number) => Promise<void>) {
  const { folder } = makeFolder();
  let begun = 0;
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  onTestFinished(() => letGo());
  const syncs = new Syncs({
    fsync: (fd) => {
      begun += 1;
      return fsync?.(fd) ?? gate;
    },
  });
  const calls = new Calls(new Pace(), undefined, { syncs, ...options });
  return { folder, calls, letGo, begun: () => begun };
}

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

test("names that are changed at the same time share a sync of their directory", async () => {
  const { folder, calls, letGo, begun } = ground();
  const waiting = Array.from({ length: 20 }, () => calls.syncNames(folder));
  await new Promise((resolve) => setImmediate(resolve));
  letGo();
  await Promise.all(waiting);
  expect(begun()).toBeLessThanOrEqual(2);
});

test("with durability content names do not wait for their sync, and all that is recorded waits for it", async () => {
  const { folder, calls, letGo, begun } = ground({ durability: "content" });
  await calls.syncNames(folder, "soon");
  await calls.syncNames(folder, "soon");
  expect(begun()).toBe(0);
  let recorded = false;
  const record = calls.namesSynced().then(() => {
    recorded = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([begun(), recorded]).toEqual([1, false]);
  letGo();
  await record;
});

test("with durability content names are synced within a second without anybody asking", async () => {
  const { folder, calls, letGo, begun } = ground({ durability: "content" });
  await calls.syncNames(folder, "soon");
  letGo();
  await expect.poll(begun, { timeout: 20_000 }).toBe(1);
});

test("no more than 64 directories wait at the same time: each has a descriptor", async () => {
  const { folder, calls, letGo, begun } = ground({ durability: "content" });
  letGo();
  for (let index = 1; index <= 64; index += 1) {
    mkdirSync(join(folder, `${index}`));
    await calls.syncNames(join(folder, `${index}`), "soon");
  }
  expect(begun()).toBe(64);
});

test.each(["EINVAL", "ENOTSUP"])(
  "a file system without a sync for directories (%s) is told to the log once, and fails nothing",
  async (code) => {
    const told: unknown[] = [];
    const { folder, calls } = ground({ unsyncable: (error) => told.push(error) }, failing(code));
    await calls.syncNames(folder);
    await calls.syncNames(folder);
    expect(told).toHaveLength(1);
  },
);

test("a sync that fails when nobody waits for it is told to the log", async () => {
  const told: unknown[] = [];
  const options = { durability: "content", failed: (error: unknown) => told.push(error) } as const;
  const { folder, calls } = ground(options, failing("EIO"));
  await calls.syncNames(folder, "soon");
  await calls.namesSynced();
  expect(told).toHaveLength(1);
});

test("a directory that another program removed has no names left to keep", async () => {
  const { folder, calls } = ground();
  await calls.syncNames(join(folder, "gone"));
});

test("a disk with durability none works without a sync", async () => {
  const disk = await makeTestDisk({ durability: "none" });
  await disk.namesSynced();
  const draft = await disk.tree.draft("/new" as never, { length: undefined });
  expect((await draft.commit({ modifiedMs: undefined })).created).toBe(true);
});
