import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sliceOf } from "../calls/file-operations.ts";
import { InFlight, type Room } from "../calls/in-flight.ts";
import { makeFolder } from "../testing/disk.ts";
import { FileWorkers } from "../workers/file-workers.ts";
import { Pace } from "../workers/pace.ts";
import { inSlices } from "./many-members.ts";

const calls = { pace: new Pace() };
const errno = (code: string): Error => Object.assign(new Error(code), { code });

/** Does something with names; acts fail for those that are listed, each so many times. */
async function run(names: readonly string[], failures: Readonly<Record<string, string>>, stopAt?: string) {
  const told: string[] = [];
  const controller = new AbortController();
  let slices = 0;
  const slice = (rest: readonly string[]): number => {
    slices += 1;
    return sliceOf(rest, (name) => {
      const code = failures[name];
      if (code !== undefined) throw errno(code);
    });
  };
  const ended = await inSlices(names, slice, {
    calls,
    signal: controller.signal,
    done: (name) => {
      told.push(name);
      if (name === stopAt) controller.abort();
    },
    failed: (name, error) => told.push(`${name}: ${(error as { readonly code: string }).code}`),
  }).catch((error: { readonly code: string }) => error.code);
  return { told, slices, ended };
}

const cases = [
  { what: "all go well in one slice", failures: {}, told: ["a", "b", "c"], slices: 1 },
  { what: "the first fails", failures: { a: "EIO" }, told: ["a: EIO", "b", "c"], slices: 2 },
  { what: "one fails", failures: { b: "EACCES" }, told: ["a", "b: EACCES", "c"], slices: 2 },
  { what: "the last fails", failures: { c: "EIO" }, told: ["a", "b", "c: EIO"], slices: 1 },
  {
    what: "all fail",
    failures: { a: "EIO", b: "EIO", c: "EIO" },
    told: ["a: EIO", "b: EIO", "c: EIO"],
    slices: 3,
  },
];

test.each(cases)("each member is told once, in its order: $what", async ({ failures, told, slices }) => {
  expect(await run(["a", "b", "c"], failures)).toEqual({ told, slices, ended: undefined });
});

test("where it is stopped, what a slice has done is told", async () => {
  expect(await run(["a", "b", "c"], { c: "EIO" }, "a")).toMatchObject({
    told: ["a", "b", "c: EIO"],
    ended: undefined,
  });
  expect(await run(["a", "b", "c"], { a: "EIO", b: "EIO" }, "c")).toMatchObject({ ended: undefined });
  const stopped = await run(["a", "b", "c", "d"], { b: "EIO" }, "a");
  expect(stopped).toMatchObject({ told: ["a", "b: EIO"], ended: "stopped" });
});

test("a worker removes the files of a directory with one message, and says where it failed", async () => {
  const { folder } = makeFolder();
  const names = ["a", "b", "directory", "c"];
  for (const name of ["a", "b", "c"]) writeFileSync(join(folder, name), name);
  mkdirSync(join(folder, "directory"));
  const workers = new FileWorkers();
  onTestFinished(() => workers.close());
  const lane = workers.lane("waiting");
  await expect(lane.run("unlinkFiles", [folder, names])).rejects.toMatchObject({
    done: 2,
    syscall: "unlink",
  });
  expect(await lane.run("unlinkFiles", [folder, ["missing", "c"]])).toBe(2);
  expect(readdirSync(folder)).toEqual(["directory"]);
  expect(existsSync(join(folder, "c"))).toBe(false);
});

test("tasks start tasks, and no more run at the same time than there is room for and one", async () => {
  const room: Room = { free: 2 };
  let running = 0;
  let most = 0;
  let leaves = 0;
  async function grow(depth: number): Promise<void> {
    if (depth === 0) {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      leaves += 1;
      return;
    }
    const flight = new InFlight(room);
    for (let branch = 0; branch < 3; branch += 1) await flight.start(() => grow(depth - 1));
    await flight.landed();
    flight.rethrow();
  }
  await grow(4);
  expect([leaves, most, room.free]).toEqual([81, 3, 2]);
});

test("what a task throws comes to the one who started it, once all have ended", async () => {
  const flight = new InFlight({ free: 1 });
  await flight.start(async () => {
    throw errno("EIO");
  });
  await flight.landed();
  expect(() => flight.rethrow()).toThrow("EIO");
  await expect(flight.start(async () => {})).rejects.toThrow("EIO");
});
