import assert from "node:assert/strict";
import type { JournalEntry } from "../../journal/journal.ts";
import { OperationLostError, type OperationNews } from "../../journal/shared-journal.ts";
import { endedEntry, journalEntry } from "../journal-entry.ts";
import type { JournalOfProcess, SharedJournalCase, SharedJournalSubject } from "./shared-journal-subject.ts";

/** What several processes see of each other through their journals. */
export const sharedJournalCases: readonly SharedJournalCase[] = [
  sharing(
    "of several that take a key at once one has it, and the others learn who",
    async ({ one, other }) => {
      const asked = ["a", "b", "c", "d"].map((id, index) =>
        (index % 2 === 0 ? one : other).take(keyed(id), undefined),
      );
      const holders = await Promise.all(asked);
      const taken = holders.filter((holder) => holder === undefined);
      assert.equal(taken.length, 1, "one has it");
      const entry = await other.byKey("key");
      assert.ok(entry);
      for (const holder of holders) if (holder) assert.equal(holder.id, entry.id);
      for (const id of ["a", "b", "c", "d"])
        assert.equal((await one.get(id)) !== undefined, id === entry.id, id);
    },
  ),
  sharing("a key is taken from the entry that is named, and from no other", async ({ one, other }) => {
    await one.take(keyed("a"), undefined);
    assert.equal((await other.take(keyed("b"), "c"))?.id, "a");
    assert.equal(await other.take(keyed("b"), "a"), undefined);
    assert.equal((await one.take(keyed("c"), "a"))?.id, "b", "it was named too late");
    assert.equal((await one.byKey("key"))?.id, "b");
  }),
  sharing("an operation is taken over by one other, once its owner's lease has run out", async (subject) => {
    const { one, other, another, advance } = subject;
    await one.put(journalEntry("a", { intent: { phase: 1 } }));
    await one.put(endedEntry("ended", subject.now()));
    assert.deepEqual(await other.unfinished(), [], "its owner lives");
    await outlive(subject, one);
    const found = await Promise.all([other.unfinished(), another.unfinished()]);
    assert.deepEqual(
      found.flat().map(({ id, intent }) => [id, intent]),
      [["a", { phase: 1 }]],
    );
    await advance(1);
    const owner = found[0]?.length === 1 ? other : another;
    assert.deepEqual(
      (await owner.unfinished()).map(({ id }) => id),
      ["a"],
      "until it ends",
    );
    await owner.put(endedEntry("a", subject.now(), "done"));
    assert.deepEqual(await owner.unfinished(), []);
    assert.equal((await one.get("a"))?.outcome?.content, "done");
  }),
  sharing("what a process writes after its lease ran out is refused, taken over or not", async (subject) => {
    const { one, other } = subject;
    await one.put(journalEntry("a"));
    await one.put(journalEntry("b"));
    await outlive(subject, one);
    await assert.rejects(async () => one.put(endedEntry("a", subject.now(), "late")), OperationLostError);
    assert.equal((await other.unfinished()).length, 2);
    await other.put(endedEntry("a", subject.now(), "right"));
    const late = endedEntry("a", subject.now(), "later");
    await assert.rejects(async () => one.put(late), OperationLostError);
    await assert.rejects(async () => one.take({ ...late, key: keyed("a").key }, "a"), OperationLostError);
    await assert.rejects(async () => one.remove("b"), OperationLostError);
    await assert.rejects(async () => one.put(journalEntry("new")), OperationLostError);
    await assert.rejects(one.shared.renew(), OperationLostError);
    assert.equal((await one.get("a"))?.outcome?.content, "right");
    assert.equal((await other.get("b"))?.state, "running");
  }),
  sharing("a lease that is renewed goes on", async (subject) => {
    const { one, other, another, advance } = subject;
    await one.put(journalEntry("a"));
    for (let time = 0; time < 8; time += 1) {
      await advance(one.shared.leaseMs / 2);
      for (const journal of [one, other, another]) await journal.shared.renew();
    }
    assert.deepEqual(await other.unfinished(), []);
    await one.put(endedEntry("a", subject.now()));
  }),
  sharing("a process that closes its journal leaves its operations at once", async ({ one, other }) => {
    await one.put(journalEntry("a"));
    await one.close?.();
    assert.deepEqual(
      (await other.unfinished()).map(({ id }) => id),
      ["a"],
    );
  }),
  sharing(
    "what another process says of an entry stays, whatever its owner puts",
    async ({ one, other, now }) => {
      await one.put(journalEntry("a"));
      await other.mark("a", { delivered: true, told: true });
      await one.put(endedEntry("a", now(), "done"));
      assert.equal((await one.get("a"))?.delivered, true);
      await other.mark("a", { hidden: true });
      await one.put(endedEntry("a", now(), "done", { version: 2 }));
      assert.equal((await one.get("a"))?.hidden, true);
      assert.deepEqual(await one.list("ann", 10), []);
      await other.mark("never", { hidden: true });
      assert.equal(await one.get("never"), undefined);
    },
  ),
  sharing(
    "an entry that others told of, or wait for, stays where its owner does not need it",
    async ({ one, other }) => {
      for (const id of ["told", "waited", "free"]) await one.put(journalEntry(id));
      await other.mark("told", { told: true });
      await other.shared.attend("waited", true);
      for (const id of ["told", "waited", "free"]) await one.remove(id, { unlessWanted: true });
      assert.deepEqual(
        await Promise.all(["told", "waited", "free"].map(async (id) => (await other.get(id))?.id)),
        ["told", "waited", undefined],
      );
      await one.remove("told");
      assert.equal(await other.get("told"), undefined);
    },
  ),
  sharing(
    "other processes see the news that an owner tells, and those of nobody else",
    async ({ one, other, now }) => {
      await one.put(journalEntry("a"));
      assert.equal((await other.shared.news(["a"]))[0]?.state, "running");
      await one.shared.publish([news("a", 3)]);
      await other.shared.publish([news("a", 9)]);
      assert.deepEqual(await other.shared.news(["a", "never"]), [news("a", 3)]);
      await one.put({ ...journalEntry("a"), version: 4, progress: { ...news("a", 4).progress, done: 4 } });
      assert.equal((await other.shared.news(["a"]))[0]?.progress.done, 4, "a newer entry counts");
      await one.put(endedEntry("a", now(), "", { version: 5 }));
      assert.equal((await other.shared.news(["a"]))[0]?.state, "finished");
    },
  ),
  sharing(
    "an owner hears who asked it to stop, until the operation has ended",
    async ({ one, other, now }) => {
      await one.put(journalEntry("a"));
      await other.put(journalEntry("b"));
      await other.shared.requestCancel("a");
      await other.shared.requestCancel("never");
      assert.deepEqual([await one.shared.cancelRequests(), await other.shared.cancelRequests()], [["a"], []]);
      await one.put(endedEntry("a", now()));
      assert.deepEqual(await one.shared.cancelRequests(), []);
    },
  ),
  sharing("a request to stop survives the owner: who takes the operation over hears it", async (subject) => {
    const { one, other } = subject;
    await one.put(journalEntry("a"));
    await other.shared.requestCancel("a");
    await outlive(subject, one);
    await other.unfinished();
    assert.deepEqual(await other.shared.cancelRequests(), ["a"]);
  }),
  sharing("an operation is deserted once nobody waits for it in any process that lives", async (subject) => {
    const { one, other, another } = subject;
    await one.put(journalEntry("a"));
    const isDeserted = (): Promise<boolean> => another.shared.isDeserted("a");
    assert.equal(await isDeserted(), false, "its owner's client waits");
    await other.shared.attend("a", true);
    await one.shared.attend("a", false);
    assert.equal(await isDeserted(), false);
    await other.shared.attend("a", false);
    assert.equal(await isDeserted(), true);
    await one.shared.attend("a", true);
    assert.equal(await isDeserted(), false);
    await outlive(subject, one);
    assert.equal(await isDeserted(), true, "its process is gone");
    await other.unfinished();
    assert.equal(await isDeserted(), true, "nobody waits where it was taken over");
  }),
  sharing(
    "claims of several processes exclude each other, and are served in their order",
    async (subject) => {
      const { one, other, advance } = subject;
      const tree = [{ path: "/a", scope: "tree", mode: "exclusive" }] as const;
      const reader = [{ path: "/a/b", scope: "member", mode: "shared" }] as const;
      const first = await one.shared.claims.acquire(reader, 0);
      assert.ok(first);
      assert.equal(await other.shared.claims.acquire(tree, 0), undefined);
      const order: string[] = [];
      const waiting = [
        other.shared.claims.acquire(tree, 60_000).then((release) => {
          order.push("writer");
          return release;
        }),
        one.shared.claims.acquire(reader, 60_000).then((release) => {
          order.push("reader");
          return release;
        }),
      ];
      await advance(1);
      assert.deepEqual(
        order,
        [],
        "a newcomer that gets along with the holder does not pass one who does not",
      );
      first();
      const writer = await waiting[0];
      await advance(1);
      assert.deepEqual(order, ["writer"]);
      writer?.();
      (await waiting[1])?.();
      assert.deepEqual(order, ["writer", "reader"]);
      assert.deepEqual([one.shared.claims.held, other.shared.claims.held], [0, 0]);
    },
  ),
  sharing("claims of a process whose lease ran out are free, and it gets no more", async (subject) => {
    const { one, other } = subject;
    const claims = [{ path: "/a", scope: "tree", mode: "exclusive" }] as const;
    const late = await one.shared.claims.acquire(claims, 0);
    const waiting = other.shared.claims.acquire(claims, 600_000);
    await outlive(subject, one);
    assert.ok(await waiting);
    late?.();
    assert.equal(await other.shared.claims.acquire(claims, 0), undefined, "the new holder's is held still");
    assert.equal(await one.shared.claims.acquire([{ ...claims[0], path: "/b" }], 0), undefined);
  }),
];

interface Shared extends SharedJournalSubject {
  readonly one: JournalOfProcess;
  readonly other: JournalOfProcess;
  readonly another: JournalOfProcess;
}

function sharing(name: string, run: (subject: Shared) => Promise<void>): SharedJournalCase {
  return {
    name,
    async run(subject) {
      const [one, other, another] = await Promise.all([subject.open(), subject.open(), subject.open()]);
      assert.ok(one && other && another);
      try {
        await run({ ...subject, one, other, another });
      } finally {
        for (const journal of [one, other, another]) await journal.close?.();
      }
    },
  };
}

/** Lets the lease of one process run out, while the others renew theirs. */
async function outlive({ one, other, another, advance }: Shared, gone: JournalOfProcess): Promise<void> {
  for (let time = 0; time < 3; time += 1) {
    await advance(gone.shared.leaseMs / 2);
    for (const journal of [one, other, another]) if (journal !== gone) await journal.shared.renew();
  }
}

function keyed(id: string): JournalEntry {
  return journalEntry(id, { key: { name: "key", fingerprint: "f", chosen: true } });
}

function news(id: string, version: number): OperationNews {
  return {
    id,
    version,
    state: "running",
    progress: { done: version, total: 10, remark: "half", bytes: { done: 1, total: 2 } },
    results: { latest: 2, failures: 1, recent: [{ status: 423, uri: "/locked", number: 2 }] },
  };
}
