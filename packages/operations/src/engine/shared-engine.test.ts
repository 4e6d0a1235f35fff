import { describe, expect, onTestFinished, test } from "vitest";
import type { Journal } from "../journal/journal.ts";
import { OperationLostError, type SharedJournal } from "../journal/shared-journal.ts";
import type { Outcome, Work } from "../operation/operation.ts";
import { createOperations, OperationLimitError, type Operations } from "../operations.ts";
import { startMs } from "../testing/journal-entry.ts";
import { created, failed, gate, key, settled, subject } from "../testing/own/engine-fixture.ts";
import { ManualClock } from "../testing/shared/manual-clock.ts";
import { SharedMemory } from "../testing/shared/shared-memory.ts";

type JournalOfProcess = Journal & { readonly shared: SharedJournal };

interface Process {
  readonly operations: Operations;
  readonly journal: JournalOfProcess;
  /** What was told, each with the operation's id, where it is about one. */
  readonly warnings: readonly string[];
}

interface Processes {
  readonly clock: ManualClock;
  /** One more process: its journal has some calls replaced, and is opened when `opening` says so. */
  process(replaced?: Replaced, opening?: Promise<void>): Process;
}

interface Replaced {
  readonly journal?: Partial<Journal>;
  readonly shared?: Partial<SharedJournal>;
}

function processes(): Processes {
  const clock = new ManualClock(startMs);
  const store = new SharedMemory(clock);
  let ids = 0;
  return {
    clock,
    process(replaced = {}, opening) {
      const opened = store.open();
      const journal = { ...opened, ...replaced.journal, shared: { ...opened.shared, ...replaced.shared } };
      const warnings: string[] = [];
      const operations = createOperations({
        ...{ now: clock.now, after: clock.after, newId: () => `o${++ids}` },
        journal: opening ? opening.then(() => journal) : journal,
        warn: (message, operation) => warnings.push(operation ? `${operation.id}: ${message}` : message),
      });
      onTestFinished(() => operations.abandon());
      return { operations, journal: opened, warnings };
    },
  };
}

const unreachable = (): Promise<never> => Promise.reject(new Error("no connection"));
const never = (): Promise<Outcome> => new Promise(() => undefined);

describe("a process whose lease is lost", () => {
  /** Three operations of a process, which cannot renew its lease from now on: one begins, one works, one waits. */
  async function losing() {
    const all = processes();
    const one = all.process({ shared: { renew: unreachable } });
    const works: Work[] = [];
    const run = (work: Work): Promise<Outcome> => {
      works.push(work);
      return never();
    };
    const started = [
      one.operations.start(subject, run, failed),
      one.operations.start(subject, run, failed, { key }),
      one.operations.start(subject, run, failed, { key: { ...key, name: "implied", chosen: false } }),
    ];
    await all.clock.advance(1);
    return { ...all, one, works, started };
  }

  test("tells each of its works to stop, whether it looks now or later, and the log once", async () => {
    const { clock, one, works } = await losing();
    const [early, ...late] = works;
    const heard: string[] = [];
    early?.signal.addEventListener("abort", () => heard.push("early"));
    await clock.advance(one.journal.shared.leaseMs - 2);
    expect(heard).toEqual([]);
    expect(one.operations.abandoned.aborted).toBe(false);
    await clock.advance(1);
    expect(heard).toEqual(["early"]);
    expect(late.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(one.operations.abandoned.aborted).toBe(true);
    expect(one.warnings.filter((message) => message.includes("are lost"))).toEqual([
      "the lease in the journal ran out: all operations of this process are lost",
    ]);
  });

  test("tells nobody an outcome, not of a work that succeeds all the same, and not that it was cancelled", async () => {
    const { clock, process } = processes();
    const one = process({ shared: { renew: unreachable } });
    const work = gate();
    const operation = one.operations.start(subject, work.run, failed, { key });
    let told = 0;
    void operation.ended.then(() => {
      told += 1;
    });
    await clock.advance(one.journal.shared.leaseMs);
    work.end();
    await clock.advance(1);
    expect(told).toBe(0);
    expect([operation.outcome, operation.state]).toEqual([undefined, "running"]);
    expect(one.operations.open).toBe(1);
  });

  test("begins no other operation, and does not take up what others leave", async () => {
    const { clock, one, process } = await losing();
    let resumed = 0;
    await one.operations.recover(
      () => {
        resumed += 1;
        return "left";
      },
      () => created,
    );
    await clock.advance(one.journal.shared.leaseMs);
    expect(() => one.operations.start(subject, never, failed)).toThrow(OperationLimitError);
    const other = process({ shared: { renew: unreachable } });
    other.operations.start(subject, never, failed, { key: { ...key, name: "of another" } });
    await clock.advance(3 * one.journal.shared.leaseMs);
    expect(resumed).toBe(0);
  });

  test("that its journal tells of at a write knows it at once", async () => {
    const all = processes();
    let isLost = false;
    const one = all.process({
      journal: { put: () => (isLost ? Promise.reject(new OperationLostError()) : undefined) },
    });
    let work: Work | undefined;
    one.operations.start(
      subject,
      (given) => {
        work = given;
        return never();
      },
      failed,
    );
    isLost = true;
    await expect(work?.intend({ phase: 1 })).rejects.toThrow("could not be recorded");
    expect(work?.signal.aborted).toBe(true);
    expect(one.operations.abandoned.aborted).toBe(true);
  });
});

describe("an operation that begins before the shared journal is open", () => {
  test("is seen by other processes from then on, with what changes", async () => {
    const { clock, process } = processes();
    let open = (): void => undefined;
    const one = process(
      {},
      new Promise((resolve) => {
        open = resolve;
      }),
    );
    let work: Work | undefined;
    const run = (given: Work): Promise<Outcome> => {
      work = given;
      return never();
    };
    const operation = one.operations.start(subject, run, failed, { key });
    const admitted = one.operations.admitted(operation);
    await settled();
    expect(work).toBeUndefined();
    open();
    await admitted;
    await clock.advance(1);
    work?.progress(3, 9);
    await clock.advance(1_000);
    const seen = await process().operations.findByKey("key");
    expect(seen?.progress.done).toBe(3);
  });

  test("is admitted, and told why it never begins, where that cannot be opened", async () => {
    const operations = createOperations({ journal: unreachable() });
    const operation = operations.start(subject, never, failed, { key });
    expect(await operations.admitted(operation)).toBeUndefined();
    expect((await operation.ended).content).toContain("no connection");
  });
});

describe("what cannot be told to other processes", () => {
  /** An operation of one process as another one sees it, where some calls of its journal are replaced. */
  async function seen(replaced: Replaced) {
    const { clock, process } = processes();
    const owner = process();
    const work = gate();
    owner.operations.start(subject, work.run, failed, { key });
    await clock.advance(1);
    const other = process(replaced);
    const found = await other.operations.findByKey("key");
    if (found === undefined || !("ended" in found)) return expect.unreachable("it runs elsewhere");
    return { clock, owner, other, work, operation: found };
  }

  test("that it is kept: its client is not told where to ask, and the log says why", async () => {
    const { other, operation } = await seen({ journal: { mark: unreachable } });
    expect(await other.operations.keep(operation)).toBe(false);
    expect(other.warnings).toEqual(["o1: the operation could not be kept: Error: no connection"]);
  });

  test("that it was delivered, or who waits: the log says so", async () => {
    const { clock, other, operation } = await seen({
      journal: { mark: unreachable },
      shared: { attend: unreachable },
    });
    other.operations.delivered(operation);
    other.operations.attend(operation, true);
    await clock.advance(1);
    expect(other.warnings).toEqual([
      "o1: who waits could not be told to other processes: Error: no connection",
      "o1: the delivery could not be recorded: Error: no connection",
    ]);
  });

  test("news: the next ones come all the same", async () => {
    const { clock, process } = processes();
    let isBroken = true;
    const told: string[] = [];
    const one = process({
      shared: {
        publish: async (news) => {
          if (isBroken) throw new Error("no connection");
          told.push(...news.map(({ progress }) => String(progress.done)));
        },
      },
    });
    let work: Work | undefined;
    const run = (given: Work): Promise<Outcome> => {
      work = given;
      return never();
    };
    one.operations.start(subject, run, failed, { key });
    await clock.advance(1);
    work?.progress(1, 9);
    await clock.advance(1_000);
    expect(one.warnings.at(-1)).toBe("news could not be told to other processes: Error: no connection");
    isBroken = false;
    work?.progress(2, 9);
    await clock.advance(1_000);
    expect(told).toEqual(["2"]);
  });
});

test("a secret that one process hands over is forgotten by all", async () => {
  const { clock, process } = processes();
  const [owner, other] = [process(), process()];
  const work = gate();
  owner.operations.start(subject, work.run, failed, { key });
  await clock.advance(1);
  const seen = await other.operations.findByKey("key");
  if (seen === undefined || !("ended" in seen)) return expect.unreachable("it runs elsewhere");
  const { ended } = seen;
  work.end({ status: 201, fields: { "Lock-Token": "<a>" }, content: "secret", secret: true });
  await clock.advance(2_000);
  expect((await ended).content).toBe("secret");
  other.operations.handedOver(seen);
  await clock.advance(1);
  expect((await owner.journal.get("o1"))?.outcome).toMatchObject({ status: 201, content: "" });
});

test("an interruption of which no outcome can be made ends with a bare 500", async () => {
  const { clock, process } = processes();
  const dead = process();
  dead.operations.start(subject, never, failed, { key });
  await clock.advance(1);
  dead.operations.abandon();
  await dead.journal.close?.();
  const next = process();
  const [taken] = await next.operations.recover(
    () => undefined,
    () => {
      throw new Error("worse");
    },
  );
  expect(await taken?.ended).toEqual({ status: 500, fields: {}, content: "" });
  expect(next.warnings).toEqual(["o1: no outcome could be made of a failure: Error: worse"]);
});
