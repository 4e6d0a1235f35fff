import { expect, test } from "vitest";
import { LatestNews } from "./latest-news.ts";

function counter(): { readonly news: LatestNews<number>; count(): void } {
  let value = 0;
  const news = new LatestNews(() => value);
  return {
    news,
    count() {
      value += 1;
      news.changed();
    },
  };
}

test("a reader that comes late gets the latest, then the end", async () => {
  const { news, count } = counter();
  count();
  count();
  news.end();
  const seen: number[] = [];
  for await (const value of news) seen.push(value);
  expect(seen).toEqual([2]);
});

test("several readers read in their own time; a slow one misses what came in between", async () => {
  const { news, count } = counter();
  const slow = news[Symbol.asyncIterator]();
  const quick = news[Symbol.asyncIterator]();
  expect(await slow.next()).toEqual({ done: false, value: 0 });
  expect(await quick.next()).toEqual({ done: false, value: 0 });
  const waiting = quick.next();
  count();
  expect(await waiting).toEqual({ done: false, value: 1 });
  count();
  expect((await quick.next()).value).toBe(2);
  expect((await slow.next()).value).toBe(2);
  const ending = slow.next();
  news.end();
  expect(await ending).toEqual({ done: true, value: undefined });
});

test("what came just before the end is not lost", async () => {
  const { news, count } = counter();
  const reader = news[Symbol.asyncIterator]();
  await reader.next();
  const waiting = reader.next();
  count();
  news.end();
  expect(await waiting).toEqual({ done: false, value: 1 });
  expect((await reader.next()).done).toBe(true);
});

test("leaving ends nothing for the others", async () => {
  const { news, count } = counter();
  for await (const _value of news) break;
  count();
  news.end();
  const seen: number[] = [];
  for await (const value of news) seen.push(value);
  expect(seen).toEqual([1]);
});
