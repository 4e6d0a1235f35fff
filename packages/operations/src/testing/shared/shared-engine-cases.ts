import assert from "node:assert/strict";
import type { Operations } from "../../engine/engine.ts";
import { OperationKeyError } from "../../engine/refusals.ts";
import type { JournalEntry } from "../../journal/journal.ts";
import type { Operation, Outcome, Work } from "../../operation/operation.ts";
import { createOperations } from "../../operations.ts";
import type { JournalOfProcess, SharedJournalCase, SharedJournalSubject } from "./shared-journal-subject.ts";

/** Two engines, each of its own process, that share a journal. */
export const sharedEngineCases: readonly SharedJournalCase[] = [
  engines(
    "a key that comes to two processes at once runs once, and both get the outcome with its content",
    async (two) => {
      const works = [gate(), gate()];
      const started = [two.one, two.other].map(({ operations }, index) =>
        operations.start(subject, works[index]?.run ?? never, failed, { key }),
      );
      const admissions = await Promise.allSettled(
        [two.one, two.other].map(({ operations }, index) => operations.admitted(started[index] as Operation)),
      );
      const refused = admissions.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      assert.equal(refused.length, 1);
      assert.ok(refused[0] instanceof OperationKeyError);
      const joined = refused[0].operation;
      assert.ok("ended" in joined, "it can be followed");
      const outcome = joined.ended;
      await two.advance(1);
      assert.deepEqual(works.map(({ runs }) => runs).sort(), [0, 1]);
      for (const { end } of works) end({ status: 201, fields: { A: "1" }, content: "the content" });
      await two.advance(2_000);
      assert.deepEqual(await outcome, { status: 201, fields: { A: "1" }, content: "the content" });
      assert.equal(joined.state, "finished");
      for (const { operations } of [two.one, two.other]) assert.equal(operations.open, 0);
    },
  ),
  engines(
    "another process sees progress, results and the outcome of an operation that it finds by its key",
    async (two) => {
      const { operation, work, end } = await begun(two);
      const seen = await two.other.operations.findByKey("key");
      assert.ok(seen && "ended" in seen);
      assert.deepEqual(
        [seen.id, seen.state, seen.version <= operation.version],
        [operation.id, "running", true],
      );
      let heard = 0;
      seen.subscribe(() => {
        heard += 1;
      });
      work().progress(3, 9, "copying");
      work().bytes(1, 2);
      work().result(201, "https://example.org/a/1");
      work().result(423, "https://example.org/a/2");
      await two.advance(2_000);
      assert.ok(heard > 0, "whoever follows it hears");
      assert.deepEqual(seen.progress, { done: 3, total: 9, remark: "copying", bytes: { done: 1, total: 2 } });
      assert.equal(seen.results.failures, 1);
      assert.deepEqual(
        seen.results.since(0).map(({ status }) => status),
        [423, 201],
      );
      assert.deepEqual(seen.results.since(seen.results.latest), []);
      assert.deepEqual(
        seen.results.failed().map(({ uri }) => uri),
        ["https://example.org/a/2"],
      );
      end({ status: 207, fields: {}, content: new Uint8Array([1, 2, 3]) });
      await two.advance(2_000);
      assert.deepEqual(await seen.ended, { status: 207, fields: {}, content: new Uint8Array([1, 2, 3]) });
      assert.deepEqual([seen.state, seen.endedAtMs], ["finished", operation.endedAtMs]);
      assert.equal(await two.other.operations.findByKey("key").then((found) => found?.id), operation.id);
    },
  ),
  engines("another process asks it to stop: its work hears", async (two) => {
    const { operation, work, end } = await begun(two);
    const seen = await two.other.operations.find(operation.id);
    assert.ok(seen && "ended" in seen);
    assert.equal(seen.cancel(), true);
    assert.equal(seen.state, "cancelling");
    await two.advance(two.leaseMs);
    assert.equal(work().signal.aborted, true);
    assert.equal(operation.state, "cancelling");
    end({ status: 409, fields: {}, content: "stopped" });
    const ended = seen.ended;
    await two.advance(2_000);
    assert.equal((await ended).content, "stopped");
    assert.equal(seen.state, "cancelled");
    assert.equal(seen.cancel(), false);
  }),
  engines(
    "when a process dies, one other goes on with its operation; what the dead one writes late is refused",
    async (two) => {
      const { operation, work, end } = await begun(two);
      await work().intend({ phase: 2 });
      work().progress(3, 9);
      const third = await two.engine();
      const follower = await two.other.operations.findByKey("key");
      assert.ok(follower && "ended" in follower);
      const outcome = follower.ended;
      const resumed = gate();
      for (const { operations } of [two.other, third]) {
        await operations.recover(
          (entry) => {
            assert.deepEqual(entry.intent, { phase: 2 });
            return { run: resumed.run, failure: failed };
          },
          () => assert.fail("it can be finished"),
        );
      }
      await two.advance(1_000);
      assert.equal(resumed.runs, 0, "its owner lives");
      two.one.hang();
      const told: unknown[] = [];
      void operation.ended.then((late) => told.push(late));
      await two.advance(3 * two.leaseMs);
      assert.equal(resumed.runs, 1, "exactly one goes on");
      assert.equal(work().signal.aborted, true, "the old work is told to stop");
      assert.equal(two.one.operations.abandoned.aborted, true);
      two.one.wake();
      end({ status: 500, fields: {}, content: "late" });
      await two.advance(2_000);
      assert.deepEqual(told, [], "nobody hears of what came late");
      assert.throws(() => two.one.operations.start(subject, gate().run, failed), /about to stop/);
      resumed.end({ status: 201, fields: {}, content: "in the end" });
      await two.advance(2_000);
      assert.equal((await outcome).content, "in the end");
      const kept = await third.operations.find(operation.id);
      assert.equal(kept?.outcome?.content, "in the end");
    },
  ),
  engines(
    "a process that wakes up too late hears from the journal that it has lost its operations",
    async (two) => {
      const { operation, end } = await begun(two);
      const told: unknown[] = [];
      void operation.ended.then((late) => told.push(late));
      await two.other.operations.recover(
        () => undefined,
        () => ({ status: 500, fields: {}, content: "interrupted" }),
      );
      two.one.sleep();
      await two.advance(3 * two.leaseMs);
      assert.equal((await two.other.operations.find(operation.id))?.outcome?.content, "interrupted");
      end({ status: 201, fields: {}, content: "late" });
      await two.advance(1);
      assert.deepEqual([told, two.one.operations.abandoned.aborted], [[], true]);
      assert.match(two.one.warnings.join(), /the lease in the journal ran out/);
      assert.equal((await two.other.operations.find(operation.id))?.outcome?.content, "interrupted");
    },
  ),
  engines(
    "what was delivered in one process is delivered for all; so is what is hidden, or kept",
    async (two) => {
      const { operation, end } = await begun(two);
      const seen = await two.other.operations.findByKey("key");
      assert.ok(seen && "ended" in seen);
      assert.equal(await two.other.operations.keep(seen), true);
      two.other.operations.delivered(seen);
      end({ status: 201, fields: {}, content: "" });
      await two.advance(2_000);
      const entry = (found: Operation | JournalEntry | undefined): JournalEntry => {
        assert.ok(found && "delivered" in found);
        return found;
      };
      for (const { operations } of [two.one, two.other]) {
        assert.equal(entry(await operations.find(operation.id)).delivered, true);
      }
      await two.other.operations.hide(operation.id);
      assert.equal(entry(await two.one.operations.find(operation.id)).hidden, true);
      assert.deepEqual(await two.one.operations.list("ann", 10), []);
    },
  ),
  engines(
    "an operation without a chosen key is found in another process, which learns whether somebody waits for it",
    async (two) => {
      const work = gate();
      const implied = { ...key, chosen: false };
      const operation = two.one.operations.start(subject, work.run, failed, { key: implied });
      await two.advance(1);
      const seen = await two.other.operations.findByKey("key");
      assert.ok(seen && "ended" in seen);
      assert.equal(await two.other.operations.isDeserted(seen.id), false);
      two.one.operations.attend(operation, false);
      await two.advance(1);
      assert.equal(await two.other.operations.isDeserted(seen.id), true);
      two.other.operations.attend(seen, true);
      const outcome = seen.ended;
      work.end({ status: 201, fields: {}, content: "for the one who came back" });
      await two.advance(1);
      two.one.operations.delivered(operation);
      await two.advance(2_000);
      assert.equal(
        (await outcome).content,
        "for the one who came back",
        "it stays for those who wait elsewhere",
      );
    },
  ),
  engines("a list has the operations of all processes, those that run with their progress", async (two) => {
    const { operation, work } = await begun(two);
    work().progress(5, 9);
    await two.advance(2_000);
    const [listed] = await two.other.operations.list("ann", 10);
    assert.deepEqual([listed?.id, listed?.progress.done], [operation.id, 5]);
  }),
  engines("a process that ends in peace leaves what still runs to the others at once", async (two) => {
    const { operation } = await begun(two);
    two.one.operations.abandon();
    await two.one.journal.close?.();
    const [taken] = await two.other.operations.recover(
      () => ({ run: async () => ({ status: 201, fields: {}, content: "by the other" }), failure: failed }),
      () => assert.fail("it can be finished"),
    );
    assert.equal(taken?.id, operation.id);
    assert.equal((await taken?.ended)?.content, "by the other");
  }),
];

const subject = { kind: "COPY", target: "https://example.org/a", principal: "ann" } as const;
const key = { name: "key", fingerprint: "f", chosen: true } as const;
const failed = (error: unknown): Outcome => ({ status: 500, fields: {}, content: String(error) });
const never = (): Promise<Outcome> => new Promise(() => undefined);

interface Engine {
  readonly operations: Operations;
  readonly journal: JournalOfProcess;
  /** From now on the journal does not answer this process. */
  hang(): void;
  /** The journal answers again, also what was asked before. */
  wake(): void;
  readonly warnings: readonly string[];
  /** From now on the process's timers do not go off, as if it stood still. */
  sleep(): void;
}

interface Two extends Omit<SharedJournalSubject, "open"> {
  readonly one: Engine;
  readonly other: Engine;
  readonly leaseMs: number;
  engine(): Promise<Engine>;
}

function engines(name: string, run: (two: Two) => Promise<void>): SharedJournalCase {
  return {
    name,
    async run(subject) {
      let ids = 0;
      const all: Engine[] = [];
      const engine = async (): Promise<Engine> => {
        const made = await engineOf(subject, () => `o${++ids}`);
        all.push(made);
        return made;
      };
      const [one, other] = [await engine(), await engine()];
      const { leaseMs } = one.journal.shared;
      try {
        await run({ ...subject, one, other, leaseMs, engine });
      } finally {
        for (const { operations, journal } of all) {
          operations.abandon();
          await journal.close?.();
        }
      }
    },
  };
}

async function engineOf({ open, now, after }: SharedJournalSubject, newId: () => string): Promise<Engine> {
  const journal = await open();
  let wake = (): void => undefined;
  let awake: Promise<void> | undefined;
  let isAsleep = false;
  const { shared } = journal;
  const warnings: string[] = [];
  const operations = createOperations({
    journal: {
      ...journal,
      put: async (...asked) => {
        await awake;
        return journal.put(...asked);
      },
      shared: {
        ...shared,
        renew: async () => {
          await awake;
          return shared.renew();
        },
      },
    },
    now,
    newId,
    warn: (message) => void warnings.push(message),
    after: (ms, callback) => after(ms, () => isAsleep || callback()),
  });
  return {
    operations,
    journal,
    warnings,
    hang() {
      awake = new Promise((resolve) => {
        wake = resolve;
      });
    },
    wake: () => wake(),
    sleep() {
      isAsleep = true;
    },
  };
}

/** An operation of the first engine that runs, and is recorded. */
async function begun({ one, advance }: Two): Promise<{
  readonly operation: Operation;
  work(): Work;
  end(outcome: Outcome): void;
}> {
  const { run, end, work } = gate();
  const operation = one.operations.start(subject, run, failed, { key });
  await one.operations.admitted(operation);
  await advance(1);
  return { operation, work, end };
}

/** Work that ends when the test says so. */
function gate() {
  let runs = 0;
  let given: Work | undefined;
  let end: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  return {
    get runs() {
      return runs;
    },
    run(work: Work) {
      runs += 1;
      given = work;
      return outcome;
    },
    work(): Work {
      assert.ok(given, "the work has begun");
      return given;
    },
    end: (given: Outcome) => end(given),
  };
}
