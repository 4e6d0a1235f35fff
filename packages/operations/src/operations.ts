/** The engine: starts operations, knows those that run and those that are kept, keeps conflicting ones apart. */
import { randomBytes } from "node:crypto";
import { createClaims, longestTimeoutMs, unheldTimeout } from "./claims.ts";
import type { Failure, Operations, OperationsOptions, Run } from "./engine.ts";
import type { JournalEntry, RepetitionKey } from "./journal.ts";
import { memoryJournal } from "./memory-journal.ts";
import { openingJournal } from "./opening-journal.ts";
import type { Operation, Outcome } from "./operation.ts";
import {
  defaultOperationLimits,
  OperationKeyError,
  OperationLimitError,
  OperationRecordError,
} from "./refusals.ts";
import { RunningOperation } from "./running-operation.ts";
import { withoutSecrets } from "./secrets.ts";
import { Unrecorded } from "./unrecorded.ts";
import { type Asker, askerOf, createWorkQueue } from "./work-queue.ts";

export type { After, Claim, Claims, Release } from "./claims.ts";
export type { Failure, Operations, OperationsOptions, Resumption, Run, StartOptions } from "./engine.ts";
export {
  type Awaitable,
  defaultContentLimit,
  type Journal,
  type JournalEntry,
  type Json,
  type PutOptions,
  type RepetitionKey,
} from "./journal.ts";
export type { MemberResult, MemberResults } from "./member-results.ts";
export { memoryJournal } from "./memory-journal.ts";
export type {
  IntendOptions,
  Load,
  Operation,
  OperationState,
  OperationSubject,
  Outcome,
  Work,
} from "./operation.ts";
export type { OperationProgress } from "./progress.ts";
export {
  defaultOperationLimits,
  OperationKeyError,
  OperationLimitError,
  type OperationLimits,
  OperationRecordError,
} from "./refusals.ts";
export { defaultRetention, type Retention } from "./retention.ts";
export type { Origin } from "./work-queue.ts";

/** How an operation is to be completed. */
interface Completion {
  readonly key: RepetitionKey | undefined;
  readonly asker: Asker;
  /** The journal knows of it already. */
  readonly recorded: boolean;
  /** Nobody knows what became of the work. */
  readonly interrupted: boolean;
}

/** Makes the engine. Without a journal operations are kept in memory, and end with the process. */
export function createOperations(options: OperationsOptions = {}): Operations {
  const now = options.now ?? Date.now;
  const { journal: given = memoryJournal({}, options.now) } = options;
  const journal = given instanceof Promise ? openingJournal(given) : given;
  const newId = options.newId ?? ((): string => randomBytes(16).toString("base64url"));
  const after = options.after ?? unheldTimeout;
  const limits = { ...defaultOperationLimits, ...options.limits };
  const running = new Map<string, RunningOperation>();
  const runningByKey = new Map<string, RunningOperation>();
  /** By the name of the asker. */
  const perAsker = new Map<string, number>();
  const queues = { document: createWorkQueue(limits.documents), tree: createWorkQueue(limits.trees) };
  const unrecorded = new Unrecorded();
  const whenIdle = new Set<() => void>();
  const abandonment = new AbortController();
  let draining = false;

  const isAbandoned = (): boolean => abandonment.signal.aborted;

  /** Those of whose failure to be recorded the log was told. */
  const warned = new WeakSet<RunningOperation>();

  function record(operation: RunningOperation): Promise<void> {
    const durable = operation.wantsDurable;
    const recording = put(operation, durable);
    if (durable) operation.recording = recording;
    return recording;
  }

  async function recordIntent(operation: RunningOperation): Promise<void> {
    try {
      await record(operation);
    } catch (error) {
      notRecorded("the intent", operation, error);
      throw new OperationRecordError(error);
    }
  }

  async function put(operation: RunningOperation, durable: boolean): Promise<void> {
    const { freesRoom } = operation;
    try {
      await journal.put(operation.entry(), { freesRoom, ...(durable ? {} : { durable }) });
    } catch (error) {
      if (durable) operation.recording = undefined;
      throw error;
    }
    if (durable) operation.durable = true;
    operation.recorded = true;
    operation.kept = true;
    unrecorded.delete(operation);
    // The journal works: what it failed with before is tried again, one at a time.
    const next = unrecorded.next();
    if (next) recordLater(next, "the outcome");
  }

  /** Records what nobody waits for. */
  function recordLater(operation: RunningOperation, what: string): void {
    record(operation).catch((error: unknown) => notRecorded(what, operation, error));
  }

  function notRecorded(what: string, operation: RunningOperation, error: unknown): void {
    if (operation.concluded) unrecorded.add(operation);
    if (warned.has(operation)) return;
    warned.add(operation);
    options.warn?.(`${what} could not be recorded: ${String(error)}`, operation);
  }

  function outcomeOfFailure(failure: Failure, error: unknown, operation: Operation): Outcome {
    try {
      return failure(error);
    } catch (worse) {
      options.warn?.(`no outcome could be made of a failure: ${String(worse)}`, operation);
      return { status: 500, fields: {}, content: "" };
    }
  }

  function open(operation: RunningOperation, { key, asker }: Pick<Completion, "key" | "asker">): void {
    running.set(operation.id, operation);
    if (key) runningByKey.set(key.name, operation);
    perAsker.set(asker.name, (perAsker.get(asker.name) ?? 0) + 1);
  }

  function close(operation: RunningOperation, { key, asker }: Pick<Completion, "key" | "asker">): void {
    running.delete(operation.id);
    if (key && runningByKey.get(key.name) === operation) runningByKey.delete(key.name);
    const left = (perAsker.get(asker.name) ?? 1) - 1;
    if (left === 0) perAsker.delete(asker.name);
    else perAsker.set(asker.name, left);
    if (running.size > 0) return;
    for (const resolve of whenIdle) resolve();
    whenIdle.clear();
  }

  /** Runs the work to its end. The outcome is recorded before anybody hears of it. */
  async function complete(
    operation: RunningOperation,
    run: Run,
    failure: Failure,
    completion: Completion,
  ): Promise<void> {
    const { key, recorded, interrupted } = completion;
    let outcome: Outcome;
    try {
      if (key?.chosen && !recorded) {
        await record(operation).catch((error: unknown) => {
          throw new OperationRecordError(error);
        });
        if (isAbandoned()) return;
      }
      outcome = await run(operation.work);
    } catch (error) {
      outcome = outcomeOfFailure(failure, error, operation);
    }
    if (isAbandoned()) return;
    operation.conclude(outcome, now(), interrupted);
    if (operation.kept) {
      try {
        await record(operation);
      } catch (error) {
        // The work is done, and its client is told; only those who ask after a restart will not find it.
        notRecorded("the outcome", operation, error);
      }
    }
    close(operation, completion);
    operation.tell();
  }

  const find = async (id: string): Promise<Operation | JournalEntry | undefined> =>
    running.get(id) ?? unrecorded.get(id) ?? journal.get(id);

  function idle(): Promise<void> {
    if (running.size === 0) return Promise.resolve();
    return new Promise((resolve) => whenIdle.add(resolve));
  }

  return {
    claims: createClaims(after),
    after,
    abandoned: abandonment.signal,
    get open() {
      return running.size;
    },
    start(subject, run, failure, { key, intent, origin, freesRoom = false } = {}) {
      const asker = askerOf(subject.principal, origin);
      if (draining) throw new OperationLimitError("draining");
      if (running.size >= limits.open) throw new OperationLimitError("all");
      if ((perAsker.get(asker.name) ?? 0) >= limits.openPerPrincipal) {
        throw new OperationLimitError("principal");
      }
      const same = key?.chosen ? runningByKey.get(key.name) : undefined;
      if (same) throw new OperationKeyError(same);
      const operation = new RunningOperation({
        id: newId(),
        subject,
        freesRoom,
        startedAtMs: now(),
        key,
        intent,
        before: undefined,
        record: recordIntent,
        enter: (load, signal) => queues[load].enter(asker, signal),
        warn: options.warn,
      });
      open(operation, { key, asker });
      void complete(operation, run, failure, { key, asker, recorded: false, interrupted: false });
      return operation;
    },
    find,
    async findByKey(name) {
      return runningByKey.get(name) ?? unrecorded.byKey(name) ?? journal.byKey(name);
    },
    async list(principal, limit) {
      const here = [...[...running.values()].reverse(), ...unrecorded.all()];
      const mine = here.filter((operation) => operation.principal === principal && !operation.hidden);
      const kept = await journal.list(principal, limit + mine.length);
      const ids = new Set(mine.map(({ id }) => id));
      return [...mine, ...kept.filter(({ id }) => !ids.has(id))].slice(0, limit);
    },
    async keep(operation) {
      if (!(operation instanceof RunningOperation)) return true;
      const { told, kept } = operation;
      operation.told = true;
      if (operation.durable) return true;
      // From now on, for it may end before it is recorded.
      operation.kept = true;
      try {
        await (operation.recording ?? record(operation));
        return true;
      } catch (error) {
        operation.told = told;
        operation.kept = kept || operation.recorded;
        notRecorded("the operation", operation, error);
        return false;
      }
    },
    async hide(id) {
      const operation = running.get(id) ?? unrecorded.get(id);
      if (operation) {
        if (!operation.concluded) return;
        await operation.ended;
        operation.hidden = true;
        if (unrecorded.get(id)) return record(operation);
      }
      const entry = await journal.get(id);
      if (entry && entry.state !== "running") await journal.put({ ...entry, hidden: true });
    },
    delivered(operation) {
      if (!(operation instanceof RunningOperation) || operation.delivered) return;
      operation.delivered = true;
      if (!operation.kept || !operation.outcome) return;
      if (operation.told) return recordLater(operation, "the delivery");
      unrecorded.delete(operation);
      Promise.resolve(journal.remove(operation.id)).catch((error: unknown) => {
        options.warn?.(`the delivery could not be recorded: ${String(error)}`, operation);
      });
    },
    handedOver(operation) {
      if (!operation.outcome?.secret) return;
      if (operation instanceof RunningOperation) {
        operation.handedOver = true;
        if (operation.kept) recordLater(operation, "the delivery");
      } else if (!("ended" in operation)) {
        // Where that fails, the journal does it by itself when their time is over.
        Promise.resolve(journal.put(withoutSecrets(operation))).catch(() => undefined);
      }
    },
    async recover(resume, interrupted) {
      const entries = (await journal.unfinished()).filter(({ id }) => !running.has(id));
      // Asked of all before any begins: should it throw, nothing has begun.
      const ways = entries.map((entry) => ({ entry, way: resume(entry) }));
      const interruptions: Promise<void>[] = [];
      const taken = ways.flatMap(({ entry, way }) => {
        if (way === "left") return [];
        const { id, key, startedAtMs } = entry;
        const asker = askerOf(entry.principal, undefined);
        const operation = new RunningOperation({
          id,
          subject: entry,
          freesRoom: false,
          startedAtMs,
          key,
          intent: undefined,
          before: entry,
          record: recordIntent,
          enter: (load, signal) => queues[load].enter(asker, signal),
          warn: options.warn,
        });
        open(operation, { key, asker });
        const { run, failure } = way ?? {
          run: async () => interrupted(entry),
          failure: () => interrupted(entry),
        };
        const done = complete(operation, run, failure, { key, asker, recorded: true, interrupted: !way });
        if (!way) interruptions.push(done);
        return operation;
      });
      // A journal that hangs keeps no process that gives up.
      const abandoned = new Promise<void>((resolve) => {
        if (isAbandoned()) resolve();
        else abandonment.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      await Promise.race([Promise.all(interruptions), abandoned]);
      return taken;
    },
    idle,
    async drain(ms) {
      draining = true;
      if (running.size === 0) return true;
      // Whoever waits for this is to be told, though timers keep no process.
      const hold = setInterval(() => undefined, longestTimeoutMs);
      return new Promise<boolean>((resolve) => {
        const cancel = after(ms, () => resolve(false));
        void idle().then(() => {
          cancel();
          resolve(true);
        });
      }).finally(() => clearInterval(hold));
    },
    abandon() {
      draining = true;
      abandonment.abort();
    },
  };
}
