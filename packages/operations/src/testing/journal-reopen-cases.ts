import assert from "node:assert/strict";
import type { Journal } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import { endedEntry, journalEntry, startMs } from "./journal-entry.ts";
import { fullEntry } from "./journal-keeping-cases.ts";
import type { JournalCase } from "./journal-subject.ts";

/** What the next process finds. */
export const reopenCases: readonly JournalCase[] = [
  reopening(
    "everything is there in the next process",
    {},
    {
      async before(journal) {
        await journal.put({ ...fullEntry("full"), hidden: false });
        await journal.put(endedEntry("large", startMs, "x".repeat(500_000)));
        await journal.put(endedEntry("removed", startMs, "x".repeat(500_000)));
        await journal.remove("removed");
      },
      async after(journal) {
        assert.deepEqual(await journal.get("full"), { ...fullEntry("full"), hidden: false });
        assert.equal((await journal.byKey("key"))?.id, "full");
        assert.equal((await journal.get("large"))?.outcome?.content, "x".repeat(500_000));
        assert.equal(await journal.get("removed"), undefined);
        assert.deepEqual(
          (await journal.list("ann", 10)).map(({ id }) => id),
          ["full", "large"],
        );
      },
    },
  ),
  reopening(
    "what ran when the process ended is unfinished, the first start first, until it ends",
    {},
    {
      async before(journal) {
        await journal.put(journalEntry("b", { startedAtMs: startMs + 2, intent: { phase: 1 } }));
        await journal.put(journalEntry("a", { startedAtMs: startMs + 1 }));
        await journal.put(endedEntry("c", startMs));
      },
      async after(journal) {
        const unfinished = await journal.unfinished();
        assert.deepEqual(
          unfinished.map(({ id, intent }) => [id, intent]),
          [
            ["a", undefined],
            ["b", { phase: 1 }],
          ],
        );
        await journal.put(journalEntry("new"));
        await journal.put(endedEntry("a", startMs + 9));
        assert.deepEqual(
          (await journal.unfinished()).map(({ id }) => id),
          ["b"],
        );
        await journal.remove("b");
        assert.deepEqual(await journal.unfinished(), []);
      },
    },
  ),
  reopening(
    "an interrupted operation has ended: it is found, and not unfinished",
    {},
    {
      async before(journal) {
        const key = { name: "key", fingerprint: "f", chosen: true };
        await journal.put(journalEntry("a", { key, intent: { phase: 1 } }));
        await journal.put(endedEntry("a", startMs, "lost", { key, state: "interrupted" }));
      },
      async after(journal) {
        assert.deepEqual(await journal.unfinished(), []);
        assert.equal((await journal.byKey("key"))?.state, "interrupted");
        assert.equal((await journal.get("a"))?.outcome?.content, "lost");
      },
    },
  ),
  reopening(
    "retention goes on in the next process, in the order in which operations ended",
    { entries: 3 },
    {
      async before(journal) {
        // The clock was set back in between: the order of ends is not that of times.
        for (const [id, ms] of [
          ["z", 3000],
          ["b", 2000],
          ["m", 1000],
        ] as const)
          await journal.put(endedEntry(id, startMs + ms));
      },
      async after(journal) {
        await journal.put(endedEntry("a", startMs));
        assert.equal(await journal.get("z"), undefined);
        for (const id of ["b", "m", "a"]) assert.ok(await journal.get(id), id);
      },
    },
  ),
  reopening(
    "bytes kept by the process before count",
    { bytes: 200_000 },
    {
      async before(journal) {
        await journal.put(endedEntry("small", startMs, "x".repeat(40_000)));
        await journal.put(endedEntry("large", startMs, "x".repeat(100_000)));
      },
      async after(journal) {
        await journal.put(endedEntry("next", startMs, "x".repeat(90_000)));
        assert.equal(await journal.get("small"), undefined);
        assert.ok(await journal.get("large"));
        assert.ok(await journal.get("next"));
      },
    },
  ),
  reopening(
    "what passed its time between two processes is gone",
    { keepMs: 1000 },
    {
      async before(journal, setNow) {
        await journal.put(endedEntry("a", startMs));
        await journal.put(journalEntry("running"));
        setNow(startMs + 1000);
      },
      async after(journal) {
        assert.equal(await journal.get("a"), undefined);
        assert.deepEqual(
          (await journal.unfinished()).map(({ id }) => id),
          ["running"],
        );
      },
    },
  ),
];

interface Lives {
  before(journal: Journal, setNow: (ms: number) => void): Promise<void>;
  after(journal: Journal): Promise<void>;
}

function reopening(name: string, retention: Partial<Retention>, { before, after }: Lives): JournalCase {
  return {
    name,
    needs: "reopen",
    async run(subject) {
      assert.ok(subject.reopen, "the case needs a journal that outlives its process");
      subject.setNow(startMs);
      await before(await subject.open(retention), (ms) => subject.setNow(ms));
      const journal = await subject.reopen();
      try {
        await after(journal);
      } finally {
        await journal.close?.();
      }
    },
  };
}
