import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "./test-disk.ts";
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
