import { closeSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { NameBatch } from "../calls/file-operations.ts";
import { makeFolder } from "../testing/disk.ts";
import { makeHangingRead } from "../testing/hanging-read.ts";
import { FileWorkers, type FileWorkersOptions } from "./file-workers.ts";

function makeWorkers(options: FileWorkersOptions = {}): FileWorkers {
  const workers = new FileWorkers(options);
  onTestFinished(() => workers.close());
  return workers;
}

describe("an operation in a worker", () => {
  test("gives what it gives on the main thread", async () => {
    const { folder } = makeFolder();
    const file = join(folder, "a");
    writeFileSync(file, "content");
    const lane = makeWorkers().lane("refusing");
    const stats = await lane.run("lstat", [file]);
    expect([stats.isFile(), stats.size]).toEqual([true, 7n]);
    expect(await lane.run("find", [join(folder, "b")])).toBeUndefined();
    const fd = await lane.run("open", [file, constants.O_RDWR, 0]);
    onTestFinished(() => closeSync(fd));
    await lane.run("write", [fd, Buffer.from("CON"), 0]);
    expect(Buffer.from(await lane.run("read", [fd, 100, 1])).toString()).toBe("ONtent");
    await lane.run("sync", [fd]);
    expect(readFileSync(file, "utf8")).toBe("CONtent");
  });

  test("fails with the error of the operating system", async () => {
    const lane = makeWorkers().lane("refusing");
    const failure = await lane.run("lstat", ["/nowhere/at/all"]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({ code: "ENOENT", syscall: "lstat", path: "/nowhere/at/all" });
  });

  test("tells how long the operation itself took, also where it fails", async () => {
    const lane = makeWorkers().lane("refusing");
    const took: number[] = [];
    await lane.run("lstat", ["/"], { took: (ms) => took.push(ms) });
    await lane.run("lstat", ["/nowhere"], { took: (ms) => took.push(ms) }).catch(() => {});
    expect(took).toEqual([expect.any(Number), expect.any(Number)]);
  });
});

describe("a directory that is read in a worker", () => {
  const names = (batches: readonly NameBatch[]) => batches.flatMap((batch) => batch.names).toSorted();

  test.each([0, 3, 256, 700])("is read in batches: %i names", async (count) => {
    const { folder } = makeFolder();
    const all = Array.from({ length: count }, (_, at) => `name ${at}`);
    for (const name of all) mkdirSync(join(folder, name));
    const batches: NameBatch[] = [];
    for await (const batch of makeWorkers().lane("refusing").readNames(folder)) batches.push(batch);
    expect(names(batches)).toEqual(all.toSorted());
    expect(Math.max(...batches.map((batch) => batch.names.length))).toBeLessThanOrEqual(256);
    expect(batches.flatMap(({ types }) => types)).toEqual(all.map(() => "directory"));
  });

  test("is closed where the reading is ended early, and its thread is free again", async () => {
    const { folder } = makeFolder();
    for (let at = 0; at < 700; at += 1) mkdirSync(join(folder, `${at}`));
    const lane = makeWorkers({ perLane: 1 }).lane("refusing");
    for (let time = 0; time < 3; time += 1) for await (const _ of lane.readNames(folder)) break;
    expect(await lane.run("readNames", [1])).toMatchObject({ names: [] });
  });

  test("is shared by one thread with others, where the lane has no more", async () => {
    const { folder } = makeFolder();
    for (let at = 0; at < 700; at += 1) mkdirSync(join(folder, `${at}`));
    const lane = makeWorkers({ perLane: 1 }).lane("refusing");
    const [first, second] = [lane.readNames(folder), lane.readNames(folder)];
    let count = 0;
    for (;;) {
      const [one, other] = await Promise.all([first.next(), second.next()]);
      await lane.run("lstat", ["/"]);
      if (one.done === true || other.done === true) break;
      count += one.value.names.length + other.value.names.length;
    }
    expect(count).toBe(1400);
  });

  test("fails where it cannot be opened", async () => {
    const reading = makeWorkers().lane("refusing").readNames("/nowhere");
    await expect(reading.next()).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("when calls do not come back", () => {
  test("one waits for a thread, and fails once all are stuck; another lane goes on", async () => {
    const workers = makeWorkers({ perLane: 2, stuckMs: 40 });
    const [lane, other] = [workers.lane("refusing"), workers.lane("refusing")];
    const hangs = [makeHangingRead(), makeHangingRead()];
    const stuck = hangs.map(({ path }) => lane.run("open", [path, constants.O_RDONLY, 0]));
    const waiting = lane.run("lstat", ["/"]);
    await expect(waiting).rejects.toMatchObject({ name: "TreeError", code: "unavailable" });
    await expect(lane.run("lstat", ["/"])).rejects.toMatchObject({ code: "unavailable" });
    expect((await other.run("lstat", ["/"])).isDirectory()).toBe(true);
    expect(workers.busy).toBe(true);
    for (const { release } of hangs) release();
    for (const fd of await Promise.all(stuck)) closeSync(fd);
    expect((await lane.run("lstat", ["/"])).isDirectory()).toBe(true);
    expect(workers.busy).toBe(false);
  });

  test("work that may take its time waits instead", async () => {
    const workers = makeWorkers({ perLane: 1, stuckMs: 1 });
    const lane = workers.lane("waiting");
    const hang = makeHangingRead();
    const stuck = lane.run("open", [hang.path, constants.O_RDONLY, 0]);
    const waiting = lane.run("lstat", ["/"]);
    await workers.lane("refusing").run("lstat", ["/"]);
    hang.release();
    closeSync(await stuck);
    expect((await waiting).isDirectory()).toBe(true);
  });

  test("the end of the others does not wait for them", async () => {
    const workers = makeWorkers();
    const hang = makeHangingRead();
    const stuck = workers.lane("refusing").run("open", [hang.path, constants.O_RDONLY, 0]);
    await workers.lane("refusing").run("lstat", ["/"]);
    await workers.close();
    expect(workers.busy).toBe(true);
    hang.release();
    closeSync(await stuck);
  });
});

test("a descriptor stays open when the thread that opened it has ended", async () => {
  const { folder } = makeFolder();
  writeFileSync(join(folder, "a"), "content");
  const workers = makeWorkers();
  const fd = await workers.lane("refusing").run("open", [join(folder, "a"), constants.O_RDONLY, 0]);
  await workers.close();
  expect(readFileSync(fd, "utf8")).toBe("content");
  closeSync(fd);
});

test("a thread ends when it was idle for a while, and another is started for the next call", async () => {
  const workers = makeWorkers({ idleMs: 1 });
  const lane = workers.lane("refusing");
  await lane.run("lstat", ["/"]);
  await vi.waitFor(() => expect(workers.threads).toBe(0));
  expect((await lane.run("lstat", ["/"])).isDirectory()).toBe(true);
});
