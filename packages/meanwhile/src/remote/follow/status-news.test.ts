import fc from "fast-check";
import { expect, test } from "vitest";
import { readStatus } from "./status-news.ts";

// docs/reference/status-documents.md
const running = {
  version: 1,
  id: "nV4rRz0uS8mXq3b1cKJdTw",
  href: "http://files.example/.meanwhile/operations/nV4rRz0uS8mXq3b1cKJdTw",
  state: "running",
  method: "COPY",
  target: "http://files.example/photos",
  started: "2026-01-15T12:00:00.000Z",
  progress: { done: 2, total: 4, remark: "slow" },
  failed: [{ status: 423, uri: "http://files.example/photos/1.jpg" }, { status: "423" }],
  failures: 1,
};

test("a status document is read, and what is not known in it left out", () => {
  expect(readStatus(running)).toEqual({
    href: running.href,
    state: "running",
    method: "COPY",
    target: "http://files.example/photos",
    started: "2026-01-15T12:00:00.000Z",
    done: 2,
    total: 4,
    remark: "slow",
    failures: 1,
    failed: [{ status: 423, uri: "http://files.example/photos/1.jpg" }],
  });
  const ended = { ...running, state: "finished", ended: "later", outcome: { status: 201, href: "x" } };
  expect(readStatus(ended)).toMatchObject({ state: "finished", ended: "later", outcome: 201 });
});

test("a list of them is read; what is no operation in it is left out", () => {
  const list = { version: 1, operations: [running, null, { state: "running" }], more: true };
  expect(readStatus(list)).toMatchObject({ operations: [{ href: running.href }], more: true });
});

test.each([null, 1, "x", [], {}, { version: 2, operations: [] }, { ...running, method: 1 }])(
  "%j is neither",
  (json) => {
    expect(readStatus(json)).toBeUndefined();
  },
);

test("nothing that a server sends is more than it says", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const read = readStatus({ ...running, progress: json, failed: json, failures: json, outcome: json });
      expect(read).toMatchObject({ state: "running" });
    }),
  );
});
