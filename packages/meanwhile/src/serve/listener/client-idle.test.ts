import { expect, test } from "vitest";
import { isClientIdle } from "./client-idle.ts";

const done = { complete: true, readableLength: 0, readableDidRead: true };

test.each([
  ["the server works on a complete request", done, 0, false],
  ["a response waits to be taken", done, 1, true],
  ["content is waited for", { ...done, complete: false }, 0, true],
  ["content is there and not yet taken", { ...done, complete: false, readableLength: 1 }, 0, false],
  ["nobody wants the content yet", { ...done, complete: false, readableDidRead: false }, 0, false],
  ["content was sent while the response waits", { ...done, complete: false, readableLength: 1 }, 1, true],
])("%s: held up by the client: %#", (_name, request, writableLength, idle) => {
  expect(isClientIdle(request, { writableLength })).toBe(idle);
});
