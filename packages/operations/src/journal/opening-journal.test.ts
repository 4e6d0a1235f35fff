import { expect, test, vi } from "vitest";
import { createOperations } from "../operations.ts";
import { journalEntry } from "../testing/journal-entry.ts";
import { created, failed, key, settled, subject } from "../testing/own/engine-fixture.ts";
import type { Journal } from "./journal.ts";
import { memoryJournal } from "./memory-journal.ts";
import { openingJournal } from "./opening-journal.ts";

test("each call waits until it is open, and gives what the journal gives", async () => {
  let opened: (journal: Journal) => void = () => undefined;
  const journal = openingJournal(
    new Promise((resolve) => {
      opened = resolve;
    }),
  );
  const entry = journalEntry("a", { key: { name: "key", fingerprint: "f", chosen: true } });
  const put = journal.put(entry);
  const asked = [journal.get("a"), journal.byKey("key"), journal.list("ann", 10), journal.unfinished()];
  const removed = journal.remove("a");
  const after = journal.get("a");
  opened(memoryJournal());
  await put;
  expect(await Promise.all(asked)).toEqual([entry, entry, [entry], []]);
  await removed;
  expect(await after).toBeUndefined();
});

test("closing it closes the journal, once it is open", async () => {
  const close = vi.fn();
  await openingJournal(Promise.resolve({ ...memoryJournal(), close })).close?.();
  expect(close).toHaveBeenCalledOnce();
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
