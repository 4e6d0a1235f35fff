import { expect, test } from "vitest";
import { createTurns } from "./keyed-mutex.ts";

test("those who take one name are let in one after the other, in the order in which they came", async () => {
  const turns = createTurns();
  const entered: number[] = [];
  const ends: (() => void)[] = [];
  const all = [1, 2, 3].map(async (number) => {
    ends.push(await turns.take("name"));
    entered.push(number);
  });
  await all[0];
  expect(entered).toEqual([1]);
  ends[0]?.();
  await all[1];
  expect(entered).toEqual([1, 2]);
  ends[1]?.();
  await all[2];
  expect(entered).toEqual([1, 2, 3]);
});

test("other names do not wait", async () => {
  const turns = createTurns();
  await turns.take("one");
  await turns.take("other");
  expect(turns.size).toBe(2);
});

test("nothing is left behind, and a turn may be ended twice", async () => {
  const turns = createTurns();
  for (let number = 0; number < 100; number += 1) {
    const end = await turns.take(`name-${number % 3}`);
    end();
    end();
  }
  expect(turns.size).toBe(0);
});

test("a turn that is ended twice does not end the next one's", async () => {
  const turns = createTurns();
  const end = await turns.take("name");
  const next = turns.take("name");
  end();
  await next;
  end();
  expect(turns.size).toBe(1);
});
