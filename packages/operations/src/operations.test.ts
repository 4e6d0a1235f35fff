import { describe, expect, test } from "vitest";
import type { Journal } from "./journal/journal.ts";
import type { Operation, Outcome, Work } from "./operation/operation.ts";
import { createOperations, OperationKeyError, OperationLimitError, type StartOptions } from "./operations.ts";
import {
  created,
  engine,
  failed,
  gate,
  key,
  settled,
  subject,
  watchedJournal,
} from "./testing/own/engine-fixture.ts";

describe("an operation", () => {
  test("runs at once, and ends with the outcome of its work", async () => {
    const { operations } = engine();
    const work = gate();
    const operation = operations.start(subject, work.run, failed);
    expect(work.runs).toBe(1);
    expect(operation).toMatchObject({
      ...subject,
      id: "o1",
      state: "running",
      startedAtMs: 1000,
      outcome: undefined,
    });
    expect(operations.open).toBe(1);
    work.end();
    expect(await operation.ended).toBe(created);
    expect(operation).toMatchObject({ state: "finished", endedAtMs: 1000, outcome: created });
    expect(operations.open).toBe(0);
  });

  test.each([
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
  ])("whose work %s ends with the outcome of the failure", async (_what, run) => {
    const operation = engine().operations.start(subject, run, failed);
    expect(await operation.ended).toEqual({ status: 500, fields: {}, content: "Error: no" });
    expect(operation.state).toBe("finished");
  });

  test("ends with a bare 500 where no outcome can be made of its failure, and the log is told", async () => {
    const { operations, warnings } = engine();
    const operation = operations.start(
      subject,
      () => Promise.reject(new Error("no")),
      () => {
        throw new Error("worse");
      },
    );
    expect(await operation.ended).toEqual({ status: 500, fields: {}, content: "" });
    expect(warnings).toEqual(["o1: no outcome could be made of a failure: Error: worse"]);
    expect(operations.open).toBe(0);
  });

  test("has an unguessable id by default", async () => {
    const { operations } = { operations: createOperations() };
    const ids = Array.from({ length: 100 }, () => operations.start(subject, async () => created, failed).id);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/);
  });
});

describe("limits", () => {
  test("in all", async () => {
    const { operations } = engine({ limits: { open: 2 } });
    const work = gate();
    const first = operations.start(subject, work.run, failed);
    operations.start({ ...subject, principal: "bob" }, gate().run, failed);
    const late = gate();
    const refused = (): unknown => operations.start({ ...subject, principal: "cat" }, late.run, failed);
    expect(refused).toThrow(OperationLimitError);
    expect(refused).toThrow("too many operations run");
    expect(late.runs).toBe(0);
    work.end();
    await first.ended;
    expect(refused).not.toThrow();
  });

  test("for each principal, as many as run, whatever ended before", async () => {
    const { operations } = engine({ limits: { openPerPrincipal: 2 } });
    const work = gate();
    const first = operations.start(subject, work.run, failed);
    operations.start(subject, gate().run, failed);
    work.end();
    await first.ended;
    operations.start(subject, gate().run, failed);
    expect(() => operations.start(subject, gate().run, failed)).toThrow(OperationLimitError);
  });

  test("anonymous ones are counted by address, whatever a principal is called", () => {
    const { operations } = engine({ limits: { openPerPrincipal: 1 } });
    const anonymous = { ...subject, principal: undefined };
    const from = (address: string) => ({ origin: { address, connection: {} } });
    operations.start(anonymous, gate().run, failed, from("192.0.2.1"));
    operations.start(anonymous, gate().run, failed, from("192.0.2.2"));
    operations.start({ ...subject, principal: "192.0.2.1" }, gate().run, failed, from("192.0.2.1"));
    expect(() => operations.start(anonymous, gate().run, failed, from("192.0.2.1"))).toThrow(
      expect.objectContaining({ of: "principal" }),
    );
    expect(operations.open).toBe(3);
  });

  test("for each principal, all anonymous ones of no known address being one", async () => {
    const { operations } = engine({ limits: { openPerPrincipal: 1 } });
    const anonymous = { ...subject, principal: undefined };
    const work = gate();
    const first = operations.start(subject, work.run, failed);
    operations.start(anonymous, gate().run, failed);
    for (const one of [subject, anonymous]) {
      expect(() => operations.start(one, gate().run, failed)).toThrow(
        expect.objectContaining({ code: "ERR_OPERATION_LIMIT", of: "principal" }),
      );
    }
    operations.start({ ...subject, principal: "bob" }, gate().run, failed);
    work.end();
    await first.ended;
    operations.start(subject, gate().run, failed);
    expect(operations.open).toBe(3);
  });
});

describe("a place to work", () => {
  const origin = (connection: object) => ({ origin: { address: "192.0.2.1", connection } });

  test("is kept until the operation ends; the others wait, each load by itself", async () => {
    const { operations } = engine({ limits: { trees: 1, documents: 1 } });
    const entered: string[] = [];
    const end = gate();
    const start = (name: string, load: "tree" | "document") =>
      operations.start(
        { ...subject, principal: name },
        async ({ enter }) => {
          entered.push(`${name} ${await enter(load)}`, `${name} ${await enter(load)}`);
          return end.run();
        },
        failed,
      );
    start("ann", "tree");
    start("bob", "tree");
    start("cat", "document");
    await settled();
    expect(entered).toEqual(["ann entered", "ann entered", "cat entered", "cat entered"]);
    end.end();
    await operations.idle();
    expect(entered.slice(4)).toEqual(["bob entered later", "bob entered"]);
  });

  test("one that waits can be cancelled, and a failure frees the place", async () => {
    const { operations } = engine({ limits: { trees: 1 } });
    const first = gate();
    const run = (then: () => Promise<Outcome>) => async (work: Work) => {
      const how = await work.enter("tree");
      return how === "cancelled" ? { ...created, status: 409 } : then();
    };
    operations.start(subject, run(first.run), failed, origin({}));
    const second = operations.start(subject, run(gate().run), failed, origin({}));
    const third = operations.start(
      subject,
      run(async () => created),
      failed,
      origin({}),
    );
    expect(second.cancel()).toBe(true);
    expect(await second.ended).toMatchObject({ status: 409 });
    expect(second.state).toBe("cancelled");
    first.fail(new Error("no"));
    expect(await third.ended).toBe(created);
  });

  test("what an earlier process left waits for its turn too", async () => {
    const journal = watchedJournal();
    const before = engine({ journal }).operations;
    for (let count = 0; count < 5; count += 1) {
      before.start(
        subject,
        async (work) => {
          await work.intend({ count });
          return gate().run();
        },
        failed,
      );
    }
    await settled();
    const { operations } = engine({ journal: journal.later(), limits: { trees: 2 } });
    let most = 0;
    let now = 0;
    await operations.recover(
      () => ({
        run: async (work) => {
          await work.enter("tree");
          now += 1;
          most = Math.max(most, now);
          await settled();
          now -= 1;
          return created;
        },
        failure: failed,
      }),
      () => created,
    );
    await operations.idle();
    expect([now, most]).toEqual([0, 1]);
  });
});

describe("what is recorded", () => {
  test("nothing, of an operation that nobody will ask for", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const operation = operations.start(subject, async () => created, failed);
    await operation.ended;
    await settled();
    expect(journal.recorded).toEqual([]);
    expect(await operations.find("o1")).toBeUndefined();
  });

  test("a chosen key, before the work begins", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    journal.holdPuts();
    const operation = operations.start(subject, work.run, failed, { key });
    await settled();
    expect(work.runs).toBe(0);
    expect(await operations.findByKey("key")).toBe(operation);
    journal.letPutsGo();
    await settled();
    expect(work.runs).toBe(1);
    expect(journal.recorded).toEqual(["o1 running"]);
  });

  test("an intent, before it resolves", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const steps: string[] = [];
    journal.holdPuts();
    const operation = operations.start(
      subject,
      async (work) => {
        await work.intend({ phase: 1 });
        steps.push(...journal.recorded, "work");
        return created;
      },
      failed,
    );
    await settled();
    expect(steps).toEqual([]);
    journal.letPutsGo();
    await operation.ended;
    expect(steps).toEqual(['o1 running {"phase":1}', "work"]);
  });

  test("an intent that no loss of power has to leave, and its outcome, lightly", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const durable: boolean[] = [];
    const run = async (work: Work): Promise<Outcome> => {
      durable.push(await work.intend(1, { durable: false }));
      return created;
    };
    await operations.start(subject, run, failed).ended;
    expect(journal.recorded).toEqual(["o1 running 1 lightly", "o1 finished 201 lightly"]);
    await operations.start(subject, run, failed, { key }).ended;
    expect(journal.recorded.slice(2)).toEqual(["o2 running", "o2 running 1", "o2 finished 201"]);
    expect(durable).toEqual([false, true]);
  });

  /** Work that is recorded once it is asked for, with what is recorded first. */
  const later =
    (end: () => Promise<Outcome>, first: () => Promise<void>) =>
    async (work: Work): Promise<Outcome> => {
      expect(await work.intend(1, { durable: false, when: "later" })).toBe(false);
      expect(work.beforeRecord(first)).toBe(true);
      return end();
    };

  test("not an intent that is to be recorded later, nor its outcome, where nobody is told of it", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const operation = operations.start(
      subject,
      later(
        async () => created,
        async () => {},
      ),
      failed,
    );
    await operation.ended;
    operations.lasts(operation);
    operations.delivered(operation);
    await settled();
    expect(journal.recorded).toEqual([]);
  });

  test("an intent that is to be recorded later, once somebody is told, after what its work records first", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const before: number[] = [];
    const first = async (): Promise<void> => void before.push(journal.recorded.length);
    const operation = operations.start(subject, later(work.run, first), failed);
    await settled();
    expect(await operations.keep(operation)).toBe(true);
    work.end();
    await operation.ended;
    expect(before).toEqual([0]);
    expect(journal.recorded).toEqual(["o1 running 1", "o1 finished 201"]);
  });

  test("the same lightly, once it lasts; not where what is recorded first fails", async () => {
    const journal = watchedJournal();
    const { operations, warnings } = engine({ journal });
    const work = gate();
    let fails = true;
    const first = async (): Promise<void> => {
      if (fails) throw new Error("no room");
    };
    const operation = operations.start(subject, later(work.run, first), failed);
    await settled();
    operations.lasts(operation);
    await settled();
    expect(journal.recorded).toEqual([]);
    expect(await operations.keep(operation)).toBe(false);
    fails = false;
    operations.lasts(operation);
    operations.lasts(operation);
    work.end();
    await operation.ended;
    expect(journal.recorded).toEqual(["o1 running 1 lightly", "o1 finished 201 lightly"]);
    expect(warnings).toHaveLength(1);
  });

  test("nothing of one that intends nothing, where it lasts", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const operation = operations.start(subject, work.run, failed);
    operations.lasts(operation);
    work.end();
    await operation.ended;
    expect(journal.recorded).toEqual([]);
  });

  test("what its client chose a key for, whenever it is to be recorded", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const run = async (work: Work): Promise<Outcome> => {
      expect(await work.intend(1, { durable: false, when: "later" })).toBe(true);
      expect(work.beforeRecord(async () => {})).toBe(false);
      return created;
    };
    await operations.start(subject, run, failed, { key }).ended;
    expect(journal.recorded).toEqual(["o1 running", "o1 running 1", "o1 finished 201"]);
  });

  test("what was recorded lightly, durably before anybody is told where to ask for it", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const run = async ({ intend }: Work): Promise<Outcome> => {
      await intend(1, { durable: false });
      return work.run();
    };
    const operation = operations.start(subject, run, failed);
    // Before the light record is there, and after.
    expect(await operations.keep(operation)).toBe(true);
    expect(journal.recorded).toEqual(["o1 running 1 lightly", "o1 running 1"]);
    expect(await operations.keep(operation)).toBe(true);
    work.end();
    await operation.ended;
    expect(journal.recorded.slice(2)).toEqual(["o1 finished 201"]);
  });

  test("the outcome, before anybody hears of it", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    await settled();
    let told = 0;
    operation.subscribe(() => {
      told += 1;
    });
    void operation.ended.then(() => {
      told += 100;
    });
    journal.holdPuts();
    work.end();
    await settled();
    expect(operation).toMatchObject({ state: "running", outcome: undefined, endedAtMs: undefined });
    expect(operation.cancel(), "the work has ended").toBe(false);
    expect([told, operations.open]).toEqual([0, 1]);
    journal.letPutsGo();
    await settled();
    expect([told, operation.state, operations.open]).toEqual([101, "finished", 0]);
    expect(journal.recorded).toEqual(["o1 running", "o1 finished 201"]);
  });

  test("has the version that is shown, and no other state had it", async () => {
    const { operations } = engine();
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    await settled();
    const running = operation.version;
    work.end();
    await operation.ended;
    expect(operation.version).toBeGreaterThan(running);
    expect((await operations.find("o1"))?.version).toBe(operation.version);
  });

  test("an operation whose principal was told where to ask: at once, and at its end", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const operation = operations.start(subject, work.run, failed);
    operations.keep(operation);
    operations.keep(operation);
    await settled();
    expect(journal.recorded).toEqual(["o1 running"]);
    work.end();
    await operation.ended;
    expect(journal.recorded).toEqual(["o1 running", "o1 finished 201"]);
    expect(await operations.find("o1")).toMatchObject({ state: "finished", outcome: created });
  });

  test("one that ended before its principal was told", async () => {
    const { operations } = engine();
    const operation = operations.start(subject, async () => created, failed);
    await operation.ended;
    operations.keep(operation);
    await settled();
    expect(await operations.find("o1")).toMatchObject({ state: "finished" });
  });

  test("with the room that is kept back, where the work frees room", async () => {
    const rooms: unknown[] = [];
    const journal = watchedJournal();
    const put: Journal["put"] = (entry, options) => {
      rooms.push(options?.freesRoom);
      return journal.put(entry);
    };
    const { operations } = engine({ journal: { ...journal, put } });
    for (const freesRoom of [true, false]) {
      operations.start(subject, async () => created, failed, {
        key: { ...key, name: `${freesRoom}` },
        freesRoom,
      });
      await operations.idle();
    }
    expect(rooms).toEqual([true, true, false, false]);
  });

  test("of an outcome that holds secrets, its status once it was handed over", async () => {
    const secret: Outcome = { status: 200, fields: { "set-cookie": "a=b" }, content: "b", secret: true };
    const bared = { status: 200, fields: {}, content: "", secret: true, forgotten: true };
    const { operations } = engine();
    const handOver = async (outcome: Outcome, more: StartOptions): Promise<Operation> => {
      const operation = operations.start(subject, async () => outcome, failed, more);
      expect(await operation.ended).toBe(outcome);
      operations.handedOver(operation);
      await settled();
      return operation;
    };
    const kept = await handOver(secret, { key });
    expect(kept.outcome).toEqual(bared);
    expect((await operations.find(kept.id))?.outcome).toEqual(bared);
    const unkept = await handOver(secret, {});
    expect(await operations.find(unkept.id)).toBeUndefined();
    const plain = await handOver(created, { key: { ...key, name: "plain" } });
    expect((await operations.find(plain.id))?.outcome).toEqual(created);
    // By a later request, which knows only what was recorded.
    const { id } = operations.start(subject, async () => secret, failed, { key: { ...key, name: "late" } });
    await operations.idle();
    const entry = await operations.find(id);
    expect(entry?.outcome).toEqual(secret);
    if (entry) operations.handedOver(entry);
    await settled();
    expect((await operations.find(id))?.outcome).toEqual(bared);
  });

  test("what was delivered is forgotten, unless somebody was told where to ask or chose a key", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const run = async (work: Work) => {
      await work.intend(1);
      return created;
    };
    const [plain, told, chosen] = [{}, {}, { key }].map((more) =>
      operations.start(subject, run, failed, more),
    );
    if (!plain || !told || !chosen) throw new Error("three were started");
    operations.keep(told);
    for (const operation of [plain, told, chosen]) {
      await operation.ended;
      operations.delivered(operation);
    }
    await settled();
    expect(await operations.find(plain.id)).toBeUndefined();
    expect(await operations.find(told.id)).toMatchObject({ delivered: true });
    expect(await operations.findByKey("key")).toMatchObject({ id: chosen.id, delivered: true });
  });
});

describe("a journal that fails", () => {
  const unrecorded = "OperationRecordError: the operation could not be recorded: Error: full";

  test("with a chosen key: the work never begins, and the client is told", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    journal.failing = new Error("full");
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    expect(await operation.ended).toMatchObject({ status: 500, content: unrecorded });
    expect(work.runs).toBe(0);
  });

  test("with an intent: the work learns of it before it changes anything", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    journal.failing = new Error("full");
    let changed = false;
    const operation = operations.start(
      subject,
      async (work) => {
        await work.intend({ phase: 1 });
        changed = true;
        return created;
      },
      failed,
    );
    expect(await operation.ended).toMatchObject({ status: 500, content: unrecorded });
    expect(changed).toBe(false);
  });

  test("with an outcome: the client is told all the same, the log too, and it is found until it can be recorded", async () => {
    const journal = watchedJournal();
    const { operations, warnings } = engine({ journal });
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    await settled();
    journal.failing = new Error("full");
    work.end();
    expect(await operation.ended).toBe(created);
    expect(warnings).toEqual(["o1: the outcome could not be recorded: Error: full"]);
    expect(await operations.find("o1")).toBe(operation);
    expect(await operations.findByKey("key")).toBe(operation);
    expect(await operations.list("ann", 10)).toEqual([operation]);
    journal.failing = undefined;
    operations.keep(operations.start(subject, gate().run, failed));
    await settled();
    expect(journal.recorded).toEqual(["o1 running", "o2 running", "o1 finished 201"]);
    expect(await operations.find("o1")).not.toBe(operation);
    expect(await operations.findByKey("key")).toMatchObject({ id: "o1", outcome: created });
  });

  test("no more than 1,000 outcomes wait for it", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const starts = Array.from({ length: 1001 }, () => operations.start(subject, async () => created, failed));
    journal.failing = new Error("full");
    for (const operation of starts) {
      await operation.ended;
      operations.keep(operation);
    }
    await settled();
    expect(await operations.find("o1")).toBeUndefined();
    expect(await operations.find("o2")).toBe(starts[1]);
    expect(await operations.find("o1001")).toBe(starts[1000]);
  });

  test("for a moment: nothing is recorded of what nobody was told of then", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    journal.failing = new Error("full");
    const work = gate();
    const operation = operations.start(
      subject,
      async ({ intend }) => {
        await intend(1).catch(() => undefined);
        return work.run();
      },
      failed,
    );
    await settled();
    expect(await operations.keep(operation)).toBe(false);
    journal.failing = undefined;
    work.end();
    await operation.ended;
    expect(journal.recorded).toEqual([]);
    expect(await operations.find(operation.id)).toBeUndefined();
  });

  test("for a moment: what was recorded before is, at the end", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const operation = operations.start(
      subject,
      async ({ intend }) => {
        await intend(1);
        journal.failing = new Error("full");
        await intend(2).catch(() => undefined);
        journal.failing = undefined;
        return work.run();
      },
      failed,
    );
    await settled();
    work.end();
    await operation.ended;
    expect(journal.recorded).toEqual(["o1 running 1", "o1 finished 201"]);
  });

  test("with an outcome that is hidden before it could be recorded: both are recorded then", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    await settled();
    journal.failing = new Error("full");
    work.end();
    await operation.ended;
    journal.failing = undefined;
    await operations.hide(operation.id);
    expect(journal.recorded).toEqual(["o1 running", "o1 finished 201"]);
    expect(await operations.find(operation.id)).toMatchObject({ state: "finished", hidden: true });
  });

  test("with what nobody waits for: the log is told, and no rejection is left over", async () => {
    const journal = watchedJournal();
    const { operations, warnings } = engine({ journal });
    const run = async (work: Work) => {
      await work.intend(1);
      return created;
    };
    const operation = operations.start(subject, run, failed);
    await operation.ended;
    journal.failing = new Error("full");
    operations.delivered(operation);
    await settled();
    expect(warnings).toEqual(["o1: the delivery could not be recorded: Error: full"]);
  });
});

describe("a key", () => {
  test("that the client chose runs once at a time, and the one to join is named", async () => {
    const { operations } = engine();
    const work = gate();
    const operation = operations.start(subject, work.run, failed, { key });
    const second = gate();
    expect(() => operations.start(subject, second.run, failed, { key })).toThrow(
      expect.objectContaining({ name: "OperationKeyError", code: "ERR_OPERATION_KEY", operation }),
    );
    expect(() => operations.start(subject, second.run, failed, { key })).toThrow(OperationKeyError);
    await settled();
    work.end();
    await operation.ended;
    expect(second.runs).toBe(0);
    expect(operations.open).toBe(0);
  });

  test("that the client did not choose is recorded only with what is recorded anyway", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const implied = { ...key, chosen: false };
    const [one, other] = [gate(), gate()];
    const first = operations.start(subject, one.run, failed, { key: implied });
    operations.start(subject, other.run, failed, { key: implied });
    expect([one.runs, other.runs]).toEqual([1, 1]);
    one.end();
    await first.ended;
    expect(journal.recorded).toEqual([]);
    expect(await operations.findByKey("key")).toMatchObject({ id: "o2" });
  });
});

describe("cancelling", () => {
  test("aborts the work's signal; an outcome that is a failure means it obeyed", async () => {
    const { operations } = engine();
    const operation = operations.start(
      subject,
      (work) =>
        new Promise((resolve) => {
          work.signal.addEventListener("abort", () => resolve({ ...created, status: 409 }));
        }),
      failed,
    );
    expect(operation.cancel()).toBe(true);
    expect(operation.state).toBe("cancelling");
    await operation.ended;
    expect(operation.state).toBe("cancelled");
    expect(operation.cancel()).toBe(false);
  });

  test("comes too late where the work succeeds all the same", async () => {
    const { operations } = engine();
    const work = gate();
    const operation = operations.start(subject, work.run, failed);
    operation.cancel();
    work.end();
    await operation.ended;
    expect(operation.state).toBe("finished");
  });

  test("is seen by work that asks for its signal only afterwards", async () => {
    const { operations } = engine();
    const work = gate();
    let handle: Work | undefined;
    const operation = operations.start(
      subject,
      (given) => {
        handle = given;
        return work.run();
      },
      failed,
    );
    operation.cancel();
    expect(handle?.signal.aborted).toBe(true);
  });
});

describe("listeners", () => {
  test("hear every change, and the end once", async () => {
    const { operations } = engine();
    const work = gate();
    let handle: Work | undefined;
    const operation = operations.start(
      subject,
      (given) => {
        handle = given;
        return work.run();
      },
      failed,
    );
    const heard: string[] = [];
    operation.subscribe(() =>
      heard.push(`${operation.version} ${operation.state} ${operation.progress.done}`),
    );
    handle?.progress(1, 3);
    handle?.result(423, "https://example.org/a/b");
    handle?.progress(0);
    work.end();
    await operation.ended;
    handle?.progress(3, 3);
    handle?.result(200, "late");
    expect(heard).toEqual(["1 running 1", "2 running 1", "3 finished 1"]);
    expect(operation.results.latest).toBe(1);
  });

  test("that stopped hear nothing more; progress that cannot be true is ignored, and the log told", async () => {
    const { operations, warnings } = engine();
    let handle: Work | undefined;
    const operation = operations.start(
      subject,
      (given) => {
        handle = given;
        return gate().run();
      },
      failed,
    );
    let heard = 0;
    const stop = operation.subscribe(() => {
      heard += 1;
    });
    handle?.progress(2, 3);
    stop();
    handle?.progress(3, 3);
    handle?.progress(1, 3);
    expect([heard, operation.progress.done]).toEqual([1, 3]);
    expect(warnings).toEqual(["o1: progress is ignored: done fell from 3 to 1"]);
  });

  test("that throw harm neither the work nor each other, and the log is told", async () => {
    const { operations, warnings } = engine();
    const operation = operations.start(subject, async () => created, failed);
    let heard = 0;
    operation.subscribe(() => {
      throw new Error("deaf");
    });
    operation.subscribe(() => {
      heard += 1;
    });
    expect(await operation.ended).toBe(created);
    expect([heard, warnings]).toEqual([1, ["o1: a listener failed: Error: deaf"]]);
  });

  test("that stop and begin again while they are called are called once", async () => {
    const { operations } = engine();
    const operation = operations.start(subject, gate().run, failed);
    let heard = 0;
    let stop = (): void => {};
    const listener = (): void => {
      heard += 1;
      stop();
      stop = operation.subscribe(listener);
    };
    stop = operation.subscribe(listener);
    operation.cancel();
    expect(heard).toBe(1);
  });
});

describe("work that is given up", () => {
  test.each(["running", "cancelling"])(
    "makes a %s operation an interrupted one, in the journal too",
    async (state) => {
      const journal = watchedJournal();
      const { operations } = engine({ journal });
      const end = gate();
      const operation = operations.start(
        subject,
        async (work) => {
          work.progress(2, 5);
          work.giveUp();
          return end.run();
        },
        failed,
        { key },
      );
      await settled();
      if (state === "cancelling") operation.cancel();
      expect(operation.state).toBe(state);
      end.fail(new Error("lost"));
      expect(await operation.ended).toMatchObject({ status: 500 });
      expect(operation.state).toBe("interrupted");
      expect(await operations.find("o1")).toMatchObject({
        state: "interrupted",
        progress: { done: 2, total: 5 },
      });
      expect(journal.recorded.at(-1)).toBe("o1 interrupted 500");
    },
  );
});

describe("hiding", () => {
  test("takes one that has ended from its principal's list; it is found all the same", async () => {
    const { operations } = engine();
    const operation = operations.start(subject, async () => created, failed, { key });
    await operation.ended;
    await operations.hide("o1");
    expect(await operations.list("ann", 10)).toEqual([]);
    expect(await operations.findByKey("key")).toMatchObject({ id: "o1", hidden: true, outcome: created });
  });

  test("does nothing to one that runs", async () => {
    const { operations } = engine();
    const operation = operations.start(subject, gate().run, failed, { key });
    await settled();
    await operations.hide("o1");
    await operations.hide("never");
    expect(await operations.list("ann", 10)).toEqual([operation]);
  });

  test("waits for an outcome that is just being recorded", async () => {
    const journal = watchedJournal();
    const { operations } = engine({ journal });
    const work = gate();
    operations.start(subject, work.run, failed, { key });
    await settled();
    journal.holdPuts();
    work.end();
    await settled();
    const hiding = operations.hide("o1");
    journal.letPutsGo();
    await hiding;
    expect(await operations.find("o1")).toMatchObject({ state: "finished", hidden: true });
  });
});

test("a list has what runs first, the latest start first, then what is kept, and nobody else's", async () => {
  const { operations } = engine();
  for (const _ of [1, 2])
    await operations.start(subject, async () => created, failed, { key: { ...key, name: `${_}` } }).ended;
  const [three, four] = [gate(), gate()].map(({ run }) => operations.start(subject, run, failed));
  operations.start({ ...subject, principal: "bob" }, gate().run, failed);
  operations.start({ ...subject, principal: undefined }, gate().run, failed);
  if (three) operations.keep(three);
  await settled();
  const listed = await operations.list("ann", 10);
  expect(listed.map(({ id }) => id)).toEqual(["o4", "o3", "o2", "o1"]);
  expect(listed[0]).toBe(four);
  expect((await operations.list("ann", 3)).map(({ id }) => id)).toEqual(["o4", "o3", "o2"]);
  expect(await operations.list("ann", 0)).toEqual([]);
});
