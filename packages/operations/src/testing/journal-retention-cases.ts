import assert from "node:assert/strict";
import type { Journal } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import { endedEntry, journalEntry, startMs } from "./journal-entry.ts";
import type { JournalCase } from "./journal-subject.ts";

/** What is given up when, and what never. */
export const retentionCases: readonly JournalCase[] = [
  retaining("an ended entry is kept until its time has passed", { keepMs: 1000 }, async (journal, setNow) => {
    const key = { name: "key", fingerprint: "f", chosen: true };
    await journal.put(endedEntry("a", startMs, "x", { key }));
    setNow(startMs + 999);
    assert.ok(await journal.get("a"));
    setNow(startMs + 1000);
    assert.equal(await journal.get("a"), undefined);
    assert.equal(await journal.byKey("key"), undefined);
    assert.deepEqual(await journal.list("ann", 10), []);
  }),
  retaining("of too many the one that ended first goes first", { entries: 3 }, async (journal) => {
    // They started in the reverse order.
    for (const at of [1, 2, 3, 4, 5])
      await journal.put(endedEntry(`a${at}`, startMs + at, "", { startedAtMs: startMs - at }));
    assert.deepEqual(await present(journal, ["a1", "a2", "a3", "a4", "a5"]), ["a3", "a4", "a5"]);
  }),
  retaining("of too many bytes the one that ended first goes first", { bytes: 1000 }, async (journal) => {
    for (const id of ["a", "b", "c"]) await journal.put(endedEntry(id, startMs, "x".repeat(400)));
    assert.deepEqual(await present(journal, ["a", "b", "c"]), ["b", "c"]);
  }),
  retaining("bytes are counted, not characters", { bytes: 1000 }, async (journal) => {
    for (const id of ["a", "b"]) await journal.put(endedEntry(id, startMs, "é".repeat(300)));
    assert.deepEqual(await present(journal, ["a", "b"]), ["b"]);
  }),
  retaining(
    "exactly as many and as much as there is room for is kept",
    { entries: 3, bytes: 900 },
    async (journal) => {
      for (const id of ["a", "b", "c"]) await journal.put(endedEntry(id, startMs, new Uint8Array(300)));
      assert.deepEqual(await present(journal, ["a", "b", "c"]), ["a", "b", "c"]);
    },
  ),
  retaining("the names of failed members count as bytes, too", { bytes: 1000 }, async (journal) => {
    const failed = [{ status: 423, uri: "u".repeat(600) }];
    for (const id of ["a", "b"]) await journal.put(endedEntry(id, startMs, "", { failed, failures: 1 }));
    assert.deepEqual(await present(journal, ["a", "b"]), ["b"]);
  }),
  retaining(
    "a replaced entry counts once, and keeps its place",
    { entries: 3, bytes: 1000 },
    async (journal) => {
      for (const id of ["a", "b", "c"]) await journal.put(endedEntry(id, startMs, "x".repeat(300)));
      for (let time = 0; time < 5; time += 1) {
        await journal.put(endedEntry("a", startMs, "x".repeat(300), { hidden: true, version: time }));
      }
      assert.deepEqual(await present(journal, ["a", "b", "c"]), ["a", "b", "c"]);
      await journal.put(endedEntry("d", startMs));
      assert.deepEqual(await present(journal, ["a", "b", "c", "d"]), ["b", "c", "d"]);
    },
  ),
  retaining(
    "room that a removed entry leaves is used again",
    { entries: 2, bytes: 1000 },
    async (journal) => {
      for (const id of ["a", "b"]) await journal.put(endedEntry(id, startMs, "x".repeat(500)));
      await journal.remove("b");
      await journal.put(endedEntry("c", startMs, "x".repeat(500)));
      assert.deepEqual(await present(journal, ["a", "b", "c"]), ["a", "c"]);
    },
  ),
  retaining(
    "what runs is never dropped",
    { keepMs: 1000, entries: 1, bytes: 10 },
    async (journal, setNow) => {
      const running = Array.from({ length: 5 }, (_, index) => `r${index}`);
      for (const id of running) await journal.put(journalEntry(id));
      for (const id of ["a", "b"]) await journal.put(endedEntry(id, startMs, "x"));
      setNow(startMs + 1_000_000_000);
      await journal.put(endedEntry("c", startMs + 1_000_000_000));
      assert.deepEqual(await present(journal, [...running, "a", "b", "c"]), [...running, "c"]);
    },
  ),
  retaining(
    "what ran becomes droppable when it ends, from its end on",
    { keepMs: 1000 },
    async (journal, setNow) => {
      await journal.put(journalEntry("a"));
      setNow(startMs + 5000);
      await journal.put(endedEntry("a", startMs + 5000));
      setNow(startMs + 5999);
      assert.ok(await journal.get("a"));
      setNow(startMs + 6000);
      assert.equal(await journal.get("a"), undefined);
    },
  ),
  retaining(
    "a content larger than all the room is left out, and the outcome says so",
    { bytes: 1000 },
    async (journal) => {
      await journal.put(endedEntry("a", startMs, "x".repeat(500)));
      const fields = { ETag: '"1"' };
      await journal.put({
        ...endedEntry("b", startMs),
        outcome: { status: 200, fields, content: "x".repeat(1001) },
      });
      assert.deepEqual((await journal.get("b"))?.outcome, {
        status: 200,
        fields,
        content: "",
        truncated: true,
      });
      assert.equal(
        (await journal.get("a"))?.outcome?.content,
        "x".repeat(500),
        "nothing went for what was not kept",
      );
    },
  ),
  retaining(
    "a clock that is set back loses nothing, and the newest stays",
    { keepMs: 1000, entries: 2 },
    async (journal, setNow) => {
      await journal.put(endedEntry("a", startMs));
      await journal.put(endedEntry("b", startMs));
      setNow(startMs - 1_000_000);
      assert.deepEqual(await present(journal, ["a", "b"]), ["a", "b"]);
      await journal.put(endedEntry("c", startMs - 1_000_000));
      assert.deepEqual(
        await present(journal, ["a", "b", "c"]),
        ["b", "c"],
        "the one that ended first went, not the one with the first time",
      );
    },
  ),
  retaining(
    "what ended in the future, by a clock that was set back, is kept no longer than the rest",
    { keepMs: 1000 },
    async (journal, setNow) => {
      await journal.put(endedEntry("ahead", startMs + 1_000_000));
      await journal.put(endedEntry("a", startMs));
      setNow(startMs + 999);
      assert.deepEqual(await present(journal, ["ahead", "a"]), ["ahead", "a"]);
      setNow(startMs + 1000);
      assert.deepEqual(await present(journal, ["ahead", "a"]), []);
    },
  ),
  retaining(
    "a time of day that is set ten years ahead, or back, while the process runs gives up nothing",
    { keepMs: 1000 },
    async (journal, setNow, setTimeOfDay) => {
      await journal.put(endedEntry("a", startMs));
      setTimeOfDay(startMs + 10 * yearMs);
      await journal.put(endedEntry("b", startMs + 10 * yearMs));
      assert.deepEqual(await present(journal, ["a", "b"]), ["a", "b"]);
      setTimeOfDay(startMs - 10 * yearMs);
      await journal.put(endedEntry("c", startMs - 10 * yearMs));
      assert.deepEqual(await present(journal, ["a", "b", "c"]), ["a", "b", "c"]);
      setNow(startMs + 1000);
      assert.deepEqual(await present(journal, ["a", "b", "c"]), []);
    },
  ),
];

const yearMs = 365 * 24 * 60 * 60 * 1000;

async function present(journal: Journal, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const id of ids) if ((await journal.get(id)) !== undefined) found.push(id);
  return found;
}

function retaining(
  name: string,
  retention: Partial<Retention>,
  run: (journal: Journal, setNow: (ms: number) => void, setTimeOfDay: (ms: number) => void) => Promise<void>,
): JournalCase {
  return {
    name,
    async run(subject) {
      subject.setNow(startMs);
      const journal = await subject.open(retention);
      try {
        await run(
          journal,
          (ms) => subject.setNow(ms),
          (ms) => subject.setTimeOfDay(ms),
        );
      } finally {
        await journal.close?.();
      }
    },
  };
}
