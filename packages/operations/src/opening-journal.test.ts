import { describe, expect, test } from "vitest";
import { memoryJournal } from "./memory-journal.ts";
import { openingJournal } from "./opening-journal.ts";
import { createOperations } from "./operations.ts";
import { created, failed, key, settled, subject } from "./testing/engine-fixture.ts";
import { startMs } from "./testing/journal-entry.ts";
import { journalContract } from "./testing.ts";

describe("a journal that is being opened keeps the contract", () => {
  for (const { name, needs, run } of journalContract) {
    test.skipIf(needs === "reopen")(name, { timeout: 60_000 }, () => {
      let nowMs = startMs;
      let leaseMs = startMs;
      return run({
        open: async (retention) => {
          const journal = memoryJournal(
            retention,
            () => nowMs,
            undefined,
            () => leaseMs,
          );
          return openingJournal(Promise.resolve(journal));
        },
        setNow: (ms) => {
          nowMs = ms;
          leaseMs = ms;
        },
        setTimeOfDay: (ms) => {
          nowMs = ms;
        },
      });
    });
  }
});

test("work with a key waits until the journal is open", async () => {
  let opened = (): void => undefined;
  const opening = new Promise<ReturnType<typeof memoryJournal>>((resolve) => {
    opened = () => resolve(memoryJournal());
  });
  const operations = createOperations({ journal: opening });
  let runs = 0;
  const operation = operations.start(
    subject,
    async () => {
      runs += 1;
      return created;
    },
    failed,
    { key },
  );
  await settled();
  expect(runs).toBe(0);
  opened();
  expect(await operation.ended).toBe(created);
  expect(await operations.find(operation.id)).toMatchObject({ state: "finished" });
});

test("where it cannot be opened, work with a key never begins, and its client is told why", async () => {
  const operations = createOperations({ journal: Promise.reject(new Error("no such disk")) });
  const run = async () => expect.unreachable();
  expect(await operations.start(subject, run, failed, { key }).ended).toMatchObject({
    status: 500,
    content: "OperationRecordError: the operation could not be recorded: Error: no such disk",
  });
  await expect(operations.findByKey("another")).rejects.toThrow("no such disk");
});
