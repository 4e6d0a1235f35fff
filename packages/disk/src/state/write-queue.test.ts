import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../testing/disk.ts";
import { WriteQueue } from "./write-queue.ts";

function makeQueue() {
  const database = open({ path: makeFolder().state, maxDbs: 4, noSubdir: false });
  onTestFinished(() => database.close());
  const numbers = database.openDB<number, string>({ name: "numbers" });
  return { database, numbers, queue: new WriteQueue(database) };
}

test("each change reads what the ones before it wrote, however many are under way", async () => {
  const { numbers, queue } = makeQueue();
  const add = () =>
    queue.run(() => {
      const next = (numbers.get("sum") ?? 0) + 1;
      numbers.put("sum", next);
      return next;
    });
  const results = await Promise.all(Array.from({ length: 2500 }, add));
  expect(results).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
  expect(numbers.get("sum")).toBe(2500);
});

test("a change that throws fails alone", async () => {
  const { numbers, queue } = makeQueue();
  const before = queue.run(() => void numbers.put("before", 1));
  const failing = queue.run(() => {
    throw new RangeError("too much");
  });
  const after = queue.run(() => void numbers.put("after", 1), { durable: false });
  await expect(failing).rejects.toThrow(RangeError);
  await Promise.all([before, after]);
  expect([numbers.get("before"), numbers.get("after")]).toEqual([1, 1]);
});

test("what is asked for while others are written is written next, and settled waits for it", async () => {
  const { numbers, queue } = makeQueue();
  let later: Promise<void> | undefined;
  await queue.run(() => {
    later = queue.run(() => void numbers.put("later", 1));
  });
  await queue.settled();
  expect(numbers.get("later")).toBe(1);
  await later;
});

test("a database that cannot be written makes all that wait fail with unavailable", async () => {
  const { database, numbers, queue } = makeQueue();
  await database.close();
  const changes = [1, 2].map((value) => queue.run(() => void numbers.put("a", value)));
  for (const change of changes)
    await expect(change).rejects.toMatchObject({ name: "TreeError", code: "unavailable" });
});

test("a flush that fails fails the changes that were to be durable, and no later one waits for ever", async () => {
  const { database, numbers } = makeQueue();
  let fails = true;
  const flushed = {
    // biome-ignore lint/suspicious/noThenProperty: lmdb's own `flushed` is such an object.
    then: (resolve: (value: boolean) => unknown, reject: (error: unknown) => unknown) =>
      fails ? reject(new Error("EIO")) : resolve(true),
  };
  const queue = new WriteQueue(Object.create(database, { flushed: { value: flushed } }));
  await expect(queue.run(() => void numbers.put("a", 1))).rejects.toMatchObject({ code: "unavailable" });
  await queue.settled();
  fails = false;
  await queue.run(() => void numbers.put("b", 2));
  expect(numbers.get("b")).toBe(2);
});

test("a transaction waits for what it tells of to be synced, and is not made where that fails", async () => {
  const { database, numbers } = makeQueue();
  const synced = [async () => undefined, async () => Promise.reject(new Error("EIO")), async () => undefined];
  const queue = new WriteQueue(database, () => synced.shift()?.());
  await queue.run(() => void numbers.put("a", 1));
  await expect(queue.run(() => void numbers.put("b", 2))).rejects.toMatchObject({ code: "unavailable" });
  await queue.run(() => void numbers.put("c", 3));
  expect([..."abc"].map((key) => numbers.get(key))).toEqual([1, undefined, 3]);
});
