import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readResults, readStatusDocument } from "./status-document.ts";

const running = {
  version: 1,
  id: "x",
  href: "http://files.example/ops/x",
  state: "running",
  method: "COPY",
  target: "http://files.example/a",
  started: "2026-01-15T12:00:00.000Z",
  progress: { done: 2, total: 4, remark: "a", member: "b/c", bytes: { done: 1, total: 9 } },
  failed: [{ status: 423, uri: "http://files.example/a/b" }],
  failures: 3,
};

const read = (document: unknown) => readStatusDocument(JSON.stringify(document));

describe("readStatusDocument", () => {
  test("reads one that runs", () => {
    expect(read(running)).toEqual({
      href: "http://files.example/ops/x",
      method: "COPY",
      target: "http://files.example/a",
      state: "running",
      progress: { done: 2, total: 4, remark: "a", member: "b/c", bytes: { done: 1, total: 9 } },
      failed: [{ status: 423, uri: "http://files.example/a/b" }],
      failures: 3,
      outcome: undefined,
    });
  });

  test.each(["finished", "cancelled", "interrupted"])("reads one that is %s", (state) => {
    const outcome = { status: 207, href: "/ops/x/outcome", truncated: true };
    expect(read({ ...running, state, outcome })).toMatchObject({ state, outcome });
  });

  test.each<[string, unknown]>([
    ["another version", { ...running, version: 2 }],
    ["a version in words", { ...running, version: "1" }],
    ["an unknown state", { ...running, state: "paused" }],
    ["a state of a prototype", { ...running, state: "constructor" }],
    ["an end without an outcome", { ...running, state: "finished" }],
    ["an outcome before the end", { ...running, outcome: { status: 201 } }],
    [
      "an outcome that cannot be a final response",
      { ...running, state: "finished", outcome: { status: 102 } },
    ],
    ["an outcome beyond all statuses", { ...running, state: "finished", outcome: { status: 600 } }],
    ["a list", [running]],
    ["null", null],
    ["a number", 1],
  ])("does not take %s for a status document", (_what, document) => {
    expect(read(document)).toBeUndefined();
  });

  test("does not take for one what is no JSON", () => {
    expect(readStatusDocument('{"version":1')).toBeUndefined();
    expect(readStatusDocument("")).toBeUndefined();
  });

  test.each<[string, object, object]>([
    ["a total below what is done", { progress: { done: 5, total: 4 } }, { progress: { done: 5 } }],
    ["counts that are none", { progress: { done: -1, total: 1.5 } }, { progress: { done: 0 } }],
    ["no progress", { progress: null }, { progress: { done: 0 } }],
    ["bytes in disorder", { progress: { done: 1, bytes: { done: 2, total: 1 } } }, { progress: { done: 1 } }],
    [
      "members that are none",
      { failed: [null, {}, { status: 423 }, { status: "423", uri: "a" }, { status: 423, uri: "b" }] },
      { failed: [{ status: 423, uri: "b" }] },
    ],
    ["no members", { failed: "many", failures: "many" }, { failed: [], failures: 0 }],
    ["fewer failures than it lists", { failures: 0 }, { failures: 1 }],
  ])("leaves out what is malformed in a document: %s", (_what, fields, expected) => {
    expect(read({ ...running, ...fields })).toMatchObject(expected);
  });

  test("cuts a remark that is no few words", () => {
    const remark = read({ ...running, progress: { done: 1, remark: "x".repeat(5_000) } })?.progress.remark;
    expect(remark).toHaveLength(500);
    const member = read({ ...running, progress: { done: 1, member: `${"x/".repeat(5_000)}end` } })?.progress
      .member;
    expect(member).toHaveLength(500);
    expect(member).toMatch(/x\/end$/);
  });

  test("never throws, and never tells what is not in its type", () => {
    const anything = fc.anything({ withNullPrototype: true, maxDepth: 3 });
    const keys = ["version", "state", "progress", "failed", "failures", "outcome", "href"];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), fc.oneof(anything, fc.constant(1))), (fields) => {
        const document = readStatusDocument(JSON.stringify({ ...running, ...fields }) ?? "");
        if (document === undefined) return;
        expect(Number.isSafeInteger(document.progress.done)).toBe(true);
        expect(Number.isSafeInteger(document.failures)).toBe(true);
        for (const { status, uri } of document.failed) {
          expect(status).toBeGreaterThanOrEqual(200);
          expect(typeof uri).toBe("string");
        }
      }),
    );
  });
});

test("readResults reads the members of a result event, and nothing of what is none", () => {
  expect(readResults('{"version":1,"results":[{"status":423,"uri":"a"},{"status":7,"uri":"b"}]}')).toEqual([
    { status: 423, uri: "a" },
  ]);
  expect(readResults("[]")).toEqual([]);
  expect(readResults("{")).toEqual([]);
});
