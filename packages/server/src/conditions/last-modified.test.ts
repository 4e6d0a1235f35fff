import { expect, test } from "vitest";
import { isRangeCurrent } from "../content/ranges.ts";
import type { DocumentResource } from "../store.ts";
import { lastModifiedMs } from "./last-modified.ts";

const nowMs = 1_800_000_000_000;
const document: DocumentResource = {
  kind: "document",
  length: 1,
  modifiedMs: nowMs,
  createdMs: undefined,
  etag: '"1"',
};

test.each<[name: string, times: Partial<DocumentResource>, toldMs: number]>([
  ["that of the last modification", { modifiedMs: nowMs - 5000, changedMs: nowMs - 1000 }, nowMs - 5000],
  [
    "in the future: that of the last change",
    { modifiedMs: nowMs + 1, changedMs: nowMs - 1000 },
    nowMs - 1000,
  ],
  ["both in the future: now", { modifiedMs: nowMs + 2, changedMs: nowMs + 1 }, nowMs],
  ["in the future, of a store that knows no other: now", { modifiedMs: nowMs + 2 }, nowMs],
])("the time that is told of a resource is %s", (_name, times, toldMs) => {
  expect(lastModifiedMs({ ...document, ...times }, nowMs)).toBe(toldMs);
});

test("If-Range takes the time that was told (RFC 9110 §13.1.5)", () => {
  const future = { ...document, modifiedMs: nowMs + 86_400_000, changedMs: nowMs - 120_000 };
  expect(isRangeCurrent(new Date(nowMs - 120_000).toUTCString(), future, nowMs)).toBe(true);
  expect(isRangeCurrent(new Date(nowMs - 121_000).toUTCString(), future, nowMs)).toBe(false);
});
