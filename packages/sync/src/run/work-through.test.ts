import { expect, test } from "vitest";
import { workThrough } from "./work-through.ts";

const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("works through what is put into the queue meanwhile, by all workers", async () => {
  const queue = [0];
  let running = 0;
  let most = 0;
  await workThrough(queue, 3, never, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    if (item < 100) queue.push(item * 2 + 1, item * 2 + 2);
    running -= 1;
  });
  expect(queue).toHaveLength(201);
  expect(most).toBe(3);
});

test("after a failure begins nothing more, and waits for what is under way", async () => {
  const done: number[] = [];
  const failing = workThrough([1, 2, 3, 4, 5], 2, never, async (item) => {
    if (item === 1) throw new Error("one");
    await turn();
    done.push(item);
  });
  await expect(failing).rejects.toThrow("one");
  expect(done).toEqual([2]);
});

test("an aborted signal begins nothing more", async () => {
  const controller = new AbortController();
  const done: number[] = [];
  const aborted = workThrough([1, 2, 3], 1, controller.signal, async (item) => {
    done.push(item);
    if (item === 2) controller.abort(new Error("enough"));
  });
  await expect(aborted).rejects.toThrow("enough");
  expect(done).toEqual([1, 2]);
});
