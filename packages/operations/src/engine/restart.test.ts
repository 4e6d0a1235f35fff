import { describe, expect, test, vi } from "vitest";
import type { Journal, JournalEntry } from "../journal/journal.ts";
import type { Outcome } from "../operation/operation.ts";
import { createOperations, type Run } from "../operations.ts";
import {
  created,
  engine,
  failed,
  gate,
  key,
  settled,
  subject,
  watchedJournal,
} from "../testing/own/engine-fixture.ts";

const intending =
  (then: () => Promise<Outcome>): Run =>
  async (work) => {
    work.result(423, "https://example.org/a/locked");
    work.progress(3, 9);
    await work.intend({ phase: 2 });
    return then();
  };

const interrupted = (entry: JournalEntry): Outcome => ({
  status: 500,
  fields: {},
  content: `${entry.kind} interrupted`,
});

/** A journal in which an earlier process left `o1`, with an intent. */
async function left() {
  const journal = watchedJournal();
  const earlier = engine({ journal });
  const operation = earlier.operations.start(subject, intending(gate().run), failed, { key });
  await settled();
  earlier.operations.abandon();
  return { journal, earlier, operation };
}

describe("what an earlier process left running", () => {
  test("goes on from its intent, under its id, key and start", async () => {
    const { journal } = await left();
    const { operations } = engine({ journal: journal.later(), now: () => 2000, limits: { open: 0 } });
    const work = gate();
    const [operation] = await operations.recover((entry) => {
      expect(entry.intent).toEqual({ phase: 2 });
      return { run: work.run, failure: failed };
    }, interrupted);
    expect(work.runs).toBe(1);
    expect(operation).toMatchObject({ ...subject, id: "o1", startedAtMs: 1000, state: "running" });
    expect(await operations.findByKey("key")).toBe(operation);
    expect(() => operations.start(subject, gate().run, failed), "limits hold for the others").toThrow(
      "too many",
    );
    work.end();
    await operation?.ended;
    expect(await operations.find("o1")).toMatchObject({
      state: "finished",
      endedAtMs: 2000,
      outcome: created,
    });
  });

  test("shows no version again that the earlier process may have shown", async () => {
    const { journal, operation } = await left();
    for (let change = 0; change < 50; change += 1) operation.cancel();
    const { operations } = engine({ journal: journal.later() });
    const [again] = await operations.recover(() => ({ run: gate().run, failure: failed }), interrupted);
    expect(again?.version).toBeGreaterThan(operation.version);
  });

  test("is interrupted where nobody knows how to go on, and keeps what is known of it", async () => {
    const { journal } = await left();
    const { operations } = engine({ journal: journal.later() });
    const [operation] = await operations.recover(() => undefined, interrupted);
    expect(await operation?.ended).toMatchObject({ status: 500, content: "COPY interrupted" });
    expect(await operations.findByKey("key")).toMatchObject({
      state: "interrupted",
      progress: { done: 3, total: 9 },
      failed: [{ status: 423, uri: "https://example.org/a/locked" }],
      failures: 1,
      intent: undefined,
    });
    expect(journal.recorded.at(-1)).toBe("o1 interrupted 500");
  });

  test("is interrupted before repetitions are served: they run anew, and join nothing", async () => {
    const { journal } = await left();
    let record = (): void => undefined;
    const later = journal.later();
    const slow: Journal = {
      ...later,
      put: async (...entry) => {
        await new Promise<void>((resolve) => {
          record = resolve;
        });
        await later.put(...entry);
      },
    };
    const { operations } = engine({ journal: slow });
    let recovered = false;
    const recovering = operations
      .recover(() => undefined, interrupted)
      .finally(() => {
        recovered = true;
      });
    await settled();
    expect(recovered).toBe(false);
    record();
    await recovering;
    expect(operations.open).toBe(0);
    expect((await operations.findByKey("key"))?.outcome).toBeDefined();
  });

  test.each(["before", "after"])("keeps no process that gives up %s it is recorded", async (when) => {
    const { journal } = await left();
    const stuck: Journal = { ...journal.later(), put: () => new Promise<void>(() => {}) };
    const { operations } = engine({ journal: stuck });
    if (when === "before") operations.abandon();
    const recovering = operations.recover(() => undefined, interrupted);
    await settled();
    operations.abandon();
    expect((await recovering).length).toBe(1);
  });

  test("is left alone where the way on cannot be told: nothing begins", async () => {
    const { journal } = await left();
    const { operations } = engine({ journal: journal.later() });
    const recovering = operations.recover(() => {
      throw new Error("cannot read the intent");
    }, interrupted);
    await expect(recovering).rejects.toThrow("cannot read the intent");
    expect(operations.open).toBe(0);
    expect(journal.recorded).toEqual(["o1 running", 'o1 running {"phase":2}']);
  });

  test("is taken up once", async () => {
    const { journal } = await left();
    const { operations } = engine({ journal: journal.later() });
    const resume = () => ({ run: gate().run, failure: failed });
    expect((await operations.recover(resume, interrupted)).length).toBe(1);
    expect((await operations.recover(resume, interrupted)).length).toBe(0);
    expect(operations.open).toBe(1);
  });

  test("is left as it is where somebody else takes it up later", async () => {
    const { journal } = await left();
    const later = journal.later();
    const { operations } = engine({ journal: later });
    expect(await operations.recover(() => "left", interrupted)).toEqual([]);
    expect([operations.open, (await later.unfinished()).length]).toEqual([0, 1]);
  });

  test("has the intent that its start named, as it is when it is recorded, until the work names one", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    let phase = 1;
    const intent = () => ({ phase });
    operations.start(subject, gate().run, failed, { key, intent });
    operations.start(subject, intending(gate().run), failed, { intent });
    await settled();
    const late = operations.start(subject, gate().run, failed, { intent });
    phase = 3;
    operations.keep(late);
    await settled();
    expect(journal.recorded).toEqual([
      'o1 running {"phase":1}',
      'o2 running {"phase":2}',
      'o3 running {"phase":3}',
    ]);
  });

  test("can be abandoned again, and taken up again", async () => {
    const { journal } = await left();
    const second = engine({ journal: journal.later() });
    await second.operations.recover(() => ({ run: intending(gate().run), failure: failed }), interrupted);
    await settled();
    second.operations.abandon();
    const third = engine({ journal: journal.later() });
    const [operation] = await third.operations.recover(
      () => ({ run: async () => created, failure: failed }),
      interrupted,
    );
    expect(await operation?.ended).toBe(created);
  });

  test("includes what had no intent and whose principal was told where to ask", async () => {
    const journal = watchedJournal();
    const earlier = engine({ journal });
    earlier.operations.keep(earlier.operations.start(subject, gate().run, failed));
    await settled();
    const { operations } = engine({ journal: journal.later() });
    await operations.recover(() => undefined, interrupted);
    await settled();
    expect(await operations.find("o1")).toMatchObject({ state: "interrupted" });
  });
});

describe("abandoning", () => {
  test("leaves the journal as it is, whatever becomes of the work, and tells nobody an outcome", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const [ends, fails] = [gate(), gate()];
    const told: Outcome[] = [];
    for (const work of [ends, fails]) {
      void operations.start(subject, intending(work.run), failed).ended.then((outcome) => told.push(outcome));
    }
    await settled();
    const before = [...journal.recorded];
    expect(operations.abandoned.aborted).toBe(false);
    operations.abandon();
    expect(operations.abandoned.aborted).toBe(true);
    ends.end();
    fails.fail(new Error("the process ends"));
    await settled();
    expect([told, journal.recorded]).toEqual([[], before]);
    expect(before.length).toBe(2);
    expect(() => operations.start(subject, gate().run, failed)).toThrow("the server is about to stop");
  });

  test("begins no work that was still being recorded", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    journal.holdPuts();
    operations.start(subject, work.run, failed, { key });
    operations.abandon();
    journal.letPutsGo();
    await settled();
    expect(work.runs).toBe(0);
    expect(journal.recorded).toEqual(["o1 running"]);
  });
});

describe("draining", () => {
  test("lets those that run end, and starts none", async () => {
    const { operations, timeouts } = engine();
    const work = gate();
    operations.start(subject, work.run, failed);
    const drained = operations.drain(30_000);
    expect(() => operations.start(subject, gate().run, failed)).toThrow(
      expect.objectContaining({ code: "ERR_OPERATION_LIMIT", of: "draining" }),
    );
    expect(timeouts()).toEqual([30_000]);
    work.end();
    expect(await drained).toBe(true);
    expect(timeouts(), "no timer is left").toEqual([]);
  });

  test("gives up when its time is over; they go on", async () => {
    const { operations, fire } = engine();
    const work = gate();
    const operation = operations.start(subject, work.run, failed);
    const drained = operations.drain(30_000);
    fire(0);
    expect(await drained).toBe(false);
    work.end();
    expect(await operation.ended).toBe(created);
  });

  test("is done at once where none runs", async () => {
    const { operations, timeouts } = engine();
    expect(await operations.drain(1)).toBe(true);
    expect(timeouts()).toEqual([]);
  });

  test("keeps the process while it waits; nothing else does", async () => {
    const held = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = held();
    const operations = createOperations();
    const work = gate();
    operations.start(subject, work.run, failed);
    operations.after(60_000, () => undefined);
    expect(held()).toBe(before);
    const drained = operations.drain(60_000);
    expect(held()).toBe(before + 1);
    work.end();
    await drained;
    expect(held()).toBe(before);
  });

  test("asks Node for no longer time-out than it has", async () => {
    const setTimeout = vi.spyOn(globalThis, "setTimeout");
    const operations = createOperations();
    const work = gate();
    operations.start(subject, work.run, failed);
    const draining = operations.drain(Number.MAX_SAFE_INTEGER);
    expect(setTimeout).toHaveBeenCalledWith(expect.any(Function), 2 ** 31 - 1);
    setTimeout.mockRestore();
    work.end();
    expect(await draining).toBe(true);
  });
});

test("idle resolves when the last operation has ended, not before", async () => {
  const { operations } = engine();
  const works = [gate(), gate()];
  for (const { run } of works) operations.start(subject, run, failed);
  let idle = false;
  const waiting = operations.idle().then(() => {
    idle = true;
  });
  works[0]?.end();
  await settled();
  expect(idle).toBe(false);
  works[1]?.end();
  await waiting;
  await operations.idle();
});
