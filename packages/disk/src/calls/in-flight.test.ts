import { expect, test } from "vitest";
import { InFlight, type Room } from "./in-flight.ts";

const errno = (code: string): Error => Object.assign(new Error(code), { code });

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
