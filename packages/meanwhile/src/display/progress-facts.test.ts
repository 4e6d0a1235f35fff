import { expect, test } from "vitest";
import { resumedOf } from "./progress-facts.ts";
import { newsOfRequest } from "./work-news.ts";

const mebibyte = 1024 * 1024;

test.each([
  [{}, []],
  [{ resumedAt: 32 * mebibyte }, ["went on at 32 MiB"]],
  [{ resumedAt: 32 * mebibyte, resumptions: 1 }, ["went on at 32 MiB"]],
  [{ resumedAt: 858 * mebibyte, resumptions: 3 }, ["went on 3 times, the last time at 858 MiB"]],
])("an upload with %j tells where it went on", (resumed, told) => {
  const progress = { stage: "sending", done: 0, failures: 0, ...resumed } as const;
  expect(resumedOf(newsOfRequest(progress))).toEqual(told);
});
