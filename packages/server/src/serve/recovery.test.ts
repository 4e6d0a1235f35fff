import { createOperations, type JournalEntry, memoryJournal } from "@meanwhile/operations";
import { expect, test } from "vitest";
import { createDavHandler } from "../server.ts";
import { createMemoryLockStore, createMemoryTree } from "../testing.ts";

function left(id: string, intent: JournalEntry["intent"]): JournalEntry {
  return {
    id,
    kind: "PUT",
    target: "https://example.org/a",
    principal: "ann",
    state: "running",
    startedAtMs: 0,
    endedAtMs: undefined,
    progress: { done: 0, total: undefined, remark: undefined, bytes: undefined },
    failed: [],
    failures: 0,
    version: 0,
    outcome: undefined,
    intent,
    key: undefined,
    hidden: false,
    delivered: false,
  };
}

test("what a handler of the middleware worked on is left to it; a PUT was interrupted, and may be sent again (RFC 9110 §9.2.2)", async () => {
  const unfinished = [
    left("mine", undefined),
    { ...left("collection", undefined), kind: "MKCOL" },
    left("handlers", { handler: { idempotent: true } }),
  ];
  const operations = createOperations({ journal: { ...memoryJournal(), unfinished: () => unfinished } });
  const handler = createDavHandler({
    tree: createMemoryTree(),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations,
  });
  expect(await handler.recover()).toBe(0);
  await operations.idle();
  expect(await operations.find("mine")).toMatchObject({
    state: "interrupted",
    outcome: { status: 503, fields: { "Retry-After": "1" } },
  });
  expect(await operations.find("collection")).toMatchObject({
    state: "interrupted",
    outcome: { status: 500 },
  });
  expect(await operations.find("handlers")).toBeUndefined();
});
