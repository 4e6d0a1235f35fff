import { expect, test } from "vitest";
import { Syncs } from "./syncs.ts";

/** Syncs that end when they are told to. */
function gated(atOnce?: number) {
  const begun: number[] = [];
  const ends = new Map<number, (error?: Error) => void>();
  const syncs = new Syncs({
    ...(atOnce === undefined ? {} : { atOnce }),
    fsync: (fd) => {
      begun.push(fd);
      return new Promise((resolve, reject) =>
        ends.set(fd, (error) => (error === undefined ? resolve() : reject(error))),
      );
    },
  });
  const end = async (fd: number, error?: Error): Promise<void> => {
    ends.get(fd)?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { syncs, begun, end };
}

test("requests that wait for the same file share one sync, and never one that had begun before they asked", async () => {
  const { syncs, begun, end } = gated();
  const first = syncs.request("a", 1);
  const second = syncs.request("a", 2);
  const third = syncs.request("a", 3);
  expect([first.shared, second.shared, third.shared]).toEqual([false, false, true]);
  expect(begun).toEqual([1]);
  await end(1);
  await first.done;
  expect(begun).toEqual([1, 2]);
  await end(2);
  await Promise.all([second.done, third.done]);
  expect(begun).toEqual([1, 2]);
});

test("no more run at the same time than are allowed, and others begin in the order in which they were asked for", async () => {
  const { syncs, begun, end } = gated(2);
  for (const fd of [1, 2, 3, 4]) syncs.request(`${fd}`, fd);
  expect(begun).toEqual([1, 2]);
  await end(2);
  expect(begun).toEqual([1, 2, 3]);
  await end(1);
  expect(begun).toEqual([1, 2, 3, 4]);
});

test("a sync that fails fails for all that share it, is not repeated, and does not keep others", async () => {
  const { syncs, begun, end } = gated(1);
  const first = syncs.request("a", 1);
  const second = syncs.request("b", 2);
  const third = syncs.request("b", 3);
  const results = Promise.allSettled([first.done, second.done, third.done]);
  await end(1, new Error("EIO"));
  await end(2, new Error("ENOSPC"));
  expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(begun).toEqual([1, 2]);
  const after = syncs.request("a", 4);
  await end(4);
  await expect(after.done).resolves.toBeUndefined();
});
