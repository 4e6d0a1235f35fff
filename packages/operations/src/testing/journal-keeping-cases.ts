import assert from "node:assert/strict";
import type { Journal, JournalEntry } from "../journal/journal.ts";
import { endedEntry, journalEntry, startMs } from "./journal-entry.ts";
import type { JournalCase, JournalSubject } from "./journal-subject.ts";

/** What is put is found, as it was put, and by nobody else's name. */
export const keepingCases: readonly JournalCase[] = [
  keeping("what was put is got, exactly", async (journal) => {
    for (const entry of [
      fullEntry("full"),
      journalEntry("bare"),
      { ...journalEntry("none"), principal: undefined },
    ]) {
      await journal.put(entry);
      assert.deepEqual(await journal.get(entry.id), entry);
    }
  }),
  keeping("what was never put is not there", async (journal) => {
    await journal.put(keyed("a", "key"));
    for (const id of ["b", "", "A", "key", "__proto__", "format"])
      assert.equal(await journal.get(id), undefined, id);
    for (const name of ["a", "", "constructor"]) assert.equal(await journal.byKey(name), undefined, name);
    assert.deepEqual(await journal.list("bob", 10), []);
  }),
  keeping("a put replaces the entry with the same id", async (journal) => {
    await journal.put(keyed("a", "key"));
    const later = endedEntry("a", startMs + 5, "done", { version: 7 });
    await journal.put(later);
    assert.deepEqual(await journal.get("a"), later);
    assert.deepEqual(ids(await journal.list("ann", 10)), ["a"]);
    assert.equal(await journal.byKey("key"), undefined, "its key went with what it replaced");
  }),
  keeping("of several puts that are under way the last one stays", async (journal) => {
    const entries = Array.from({ length: 20 }, (_, version) =>
      endedEntry("a", startMs, version % 2 === 0 ? "x".repeat(100_000) : "y", { version }),
    );
    await Promise.all(entries.map((entry) => journal.put(entry)));
    assert.deepEqual(await journal.get("a"), entries.at(-1));
  }),
  keeping("content is kept byte for byte, text as text and bytes as bytes", async (journal) => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256);
    for (const content of [
      "",
      "é\u0000\u{1f600}\r\n",
      "x".repeat(70_000),
      new Uint8Array(),
      bytes.subarray(0, 256),
      bytes,
    ]) {
      await journal.put(endedEntry("a", startMs, content));
      assert.deepEqual((await journal.get("a"))?.outcome?.content, content);
    }
  }),
  keeping("a removed entry is found by nothing", async (journal) => {
    await journal.put(keyed("a", "key"));
    await journal.put(endedEntry("b", startMs, "x".repeat(100_000)));
    await journal.remove("a");
    await journal.remove("b");
    await journal.remove("never");
    assert.equal(await journal.get("a"), undefined);
    assert.equal(await journal.get("b"), undefined);
    assert.equal(await journal.byKey("key"), undefined);
    assert.deepEqual(await journal.list("ann", 10), []);
  }),
  keeping("a key leads to the latest entry that has it, whatever is put again", async (journal) => {
    await journal.put(keyed("a", "key"));
    await journal.put(keyed("b", "key"));
    assert.equal((await journal.byKey("key"))?.id, "b");
    await journal.put({ ...keyed("a", "key"), hidden: true });
    assert.equal((await journal.byKey("key"))?.id, "b");
    await journal.put({ ...keyed("b", "key"), hidden: true });
    assert.equal((await journal.byKey("key"))?.id, "b");
    await journal.remove("a");
    assert.equal((await journal.byKey("key"))?.id, "b", "the older one's end is not the newer one's");
  }),
  keeping("of several that take a key at once one has it, and the others learn who", async (journal) => {
    const ids = ["a", "b", "c", "d"];
    const holders = await Promise.all(ids.map((id) => journal.take(keyed(id, "key"), undefined)));
    assert.equal(holders.filter((holder) => holder === undefined).length, 1);
    const holder = await journal.byKey("key");
    for (const one of holders) if (one) assert.deepEqual(one, holder);
    for (const id of ids) assert.equal((await journal.get(id)) !== undefined, id === holder?.id, id);
  }),
  keeping("a key is taken from the entry that is named, and from no other", async (journal) => {
    assert.equal(await journal.take(keyed("a", "key"), "never"), undefined);
    assert.equal((await journal.take(keyed("b", "key"), "c"))?.id, "a");
    assert.equal(await journal.take(keyed("a", "key"), undefined), undefined, "it has it itself");
    assert.equal(await journal.take(keyed("b", "key"), "a"), undefined);
    assert.equal((await journal.byKey("key"))?.id, "b");
    assert.equal((await journal.take(keyed("c", "key"), "a"))?.id, "b");
    await journal.remove("b");
    assert.equal(await journal.take(keyed("c", "key"), undefined), undefined, "it is free again");
  }),
  keeping("what is said of an entry is in it from then on", async (journal) => {
    const outcome = { status: 201, fields: {}, content: "secret", secret: true } as const;
    await journal.put(endedEntry("a", startMs, "", { outcome, version: 3 }));
    await journal.mark("a", { delivered: true });
    await journal.mark("a", { hidden: true });
    const { hidden, delivered, version, outcome: kept } = (await journal.get("a")) ?? {};
    assert.deepEqual(
      { hidden, delivered, version, kept },
      { hidden: true, delivered: true, version: 3, kept: outcome },
    );
    await journal.mark("a", { handedOver: true });
    assert.equal((await journal.get("a"))?.outcome?.content, "");
    await journal.mark("never", { hidden: true });
    assert.equal(await journal.get("never"), undefined);
  }),
  keeping("names are told apart however long and alike they are", async (journal) => {
    const long = "k".repeat(10_000);
    const names = [long, `${long}1`, `${long}2`, "a/b", "a", "a\u0000b", "é", "e\u0301", " "];
    for (const name of names) await journal.put({ ...keyed(`id ${name}`, name), principal: `by ${name}` });
    for (const name of names) {
      assert.equal((await journal.byKey(name))?.id, `id ${name}`);
      assert.equal((await journal.get(`id ${name}`))?.principal, `by ${name}`);
      assert.deepEqual(ids(await journal.list(`by ${name}`, 10)), [`id ${name}`]);
    }
  }),
  keeping(
    "a principal's list has the latest start first, as many as asked, and nobody else's",
    async (journal) => {
      const starts = [3, 1, 5, 2, 4];
      for (const start of starts)
        await journal.put(journalEntry(`a${start}`, { startedAtMs: startMs + start }));
      await journal.put(journalEntry("b", { principal: "bob" }));
      await journal.put(journalEntry("c", { principal: "annabel" }));
      await journal.put(journalEntry("d", { principal: undefined }));
      assert.deepEqual(ids(await journal.list("ann", 10)), ["a5", "a4", "a3", "a2", "a1"]);
      assert.deepEqual(ids(await journal.list("ann", 2)), ["a5", "a4"]);
      assert.deepEqual(await journal.list("ann", 0), []);
      assert.deepEqual(ids(await journal.list("bob", 10)), ["b"]);
      assert.deepEqual(await journal.list("undefined", 10), [], "anonymous ones are in no list");
    },
  ),
  keeping("a list shows all but the content", async (journal) => {
    const entry = { ...fullEntry("full"), hidden: false };
    await journal.put(entry);
    const [listed] = await journal.list("ann", 10);
    assert.ok(listed?.outcome && entry.outcome);
    const { content } = entry.outcome;
    assert.deepEqual({ ...listed, outcome: { ...listed.outcome, content } }, entry);
  }),
  keeping("a hidden entry is in no list, and is found all the same", async (journal) => {
    await journal.put(keyed("a", "key"));
    await journal.put({ ...keyed("a", "key"), hidden: true });
    assert.deepEqual(await journal.list("ann", 10), []);
    assert.equal((await journal.get("a"))?.hidden, true);
    assert.equal((await journal.byKey("key"))?.id, "a");
  }),
  keeping("what runs in this process is not unfinished", async (journal) => {
    await journal.put(journalEntry("a"));
    assert.deepEqual(await journal.unfinished(), []);
  }),
  keeping("thousands of keys are kept apart", async (journal) => {
    const count = process.env["MEANWHILE_SOAK"] === "1" ? 100_000 : 10_000;
    for (let from = 0; from < count; from += 5000) {
      await Promise.all(
        Array.from({ length: 5000 }, (_, offset) => {
          const index = from + offset;
          return journal.put({ ...keyed(`id${index}`, `key${index}`), principal: `user${index % 1000}` });
        }),
      );
    }
    for (const index of [0, 1, 17, 4999, 5000, count - 1]) {
      assert.equal((await journal.byKey(`key${index}`))?.id, `id${index}`);
    }
    assert.equal(await journal.byKey(`key${count}`), undefined);
    const mine = await journal.list("user17", 1000);
    assert.equal(mine.length, count / 1000);
    assert.ok(mine.every(({ principal }) => principal === "user17"));
  }),
];

/** An entry in which everything is there. */
export function fullEntry(id: string): JournalEntry {
  return {
    id,
    kind: "MOVE",
    target: "https://example.org/%C3%A9?x",
    destination: "https://example.org/%C3%A9/",
    principal: "ann",
    state: "cancelled",
    startedAtMs: startMs + 1,
    endedAtMs: startMs + 2,
    progress: { done: 3, total: 9, remark: 'a "remark" \u{1f600}', bytes: { done: 1, total: 2 } },
    failed: [
      { status: 423, uri: "https://example.org/a" },
      { status: 507, uri: "" },
    ],
    failures: 1001,
    version: 17,
    outcome: {
      status: 207,
      fields: { "Content-Type": "application/xml", Link: ["<a>; rel=x", "<b>; rel=y"] },
      content: "<multistatus/>",
      runsAnew: true,
    },
    intent: { phase: "copy", roots: ["1:2", null], deep: { at: [1.5, true, {}] } },
    key: { name: "key", fingerprint: "abc", chosen: true },
    hidden: true,
    delivered: true,
  };
}

function keyed(id: string, name: string): JournalEntry {
  return journalEntry(id, { key: { name, fingerprint: `of ${name}`, chosen: true } });
}

function ids(entries: readonly JournalEntry[]): readonly string[] {
  return entries.map(({ id }) => id);
}

function keeping(
  name: string,
  run: (journal: Journal, subject: JournalSubject) => Promise<void>,
): JournalCase {
  return {
    name,
    async run(subject) {
      subject.setNow(startMs);
      const journal = await subject.open({});
      try {
        await run(journal, subject);
      } finally {
        await journal.close?.();
      }
    },
  };
}
