/** The engine: starts operations, knows those that run and those that are kept, keeps conflicting ones apart. */
import { createClaims } from "../claims/claim-table.ts";
import type { Claims } from "../claims/claims.ts";
import { openingClaims } from "../claims/opening-claims.ts";
import type { Awaitable, Journal, JournalEntry } from "../journal/journal.ts";
import { memoryJournal } from "../journal/memory-journal.ts";
import { openingJournal } from "../journal/opening-journal.ts";
import type { Operation, Outcome, RepetitionKey } from "../operation/operation.ts";
import { randomId } from "../operation/random-id.ts";
import { RunningOperation } from "../operation/running-operation.ts";
import { Sharing } from "../shared/sharing.ts";
import { steadyNow } from "../time/steady-clock.ts";
import { longestTimeoutMs, unheldTimeout } from "../time/timers.ts";
import type { Failure, Operations, OperationsOptions, Resumption, Run } from "./engine.ts";
import { createRecorder } from "./recorder.ts";
import {
  defaultOperationLimits,
  OperationKeyError,
  OperationLimitError,
  OperationRecordError,
} from "./refusals.ts";
import { Unrecorded } from "./unrecorded.ts";
import { type Asker, askerOf, createWorkQueue } from "./work-queue.ts";

/** What is said of operations that are to be taken up, see {@link Operations.recover}. */
interface Recovery {
  resume(entry: JournalEntry): Resumption | undefined;
  interrupted(entry: JournalEntry): Outcome;
}

/** How an operation is to be completed. */
interface Completion {
  readonly key: RepetitionKey | undefined;
  readonly asker: Asker;
  /** Nobody knows what became of the work. */
  readonly interrupted: boolean;
}

/** Makes the engine. Without a journal operations are kept in memory, and end with the process. */
export function createOperations(options: OperationsOptions = {}): Operations {
  const now = options.now ?? Date.now;
  const { journal: given = memoryJournal({}, options.now) } = options;
  const journal = given instanceof Promise ? openingJournal(given) : given;
  const newId = options.newId ?? randomId;
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

  const claimsOf = ({ shared }: Journal): Claims => shared?.claims ?? createClaims(after);
  const claims =
    given instanceof Promise
      ? // Where it could not be opened, those of this process are as good: nothing is recorded.
        openingClaims(given.then(claimsOf, () => createClaims(after)))
      : claimsOf(given);
  let isLost = false;
  /** Undefined as long as the journal is still being opened, and where one process alone has it. */
  let sharing: Sharing | undefined;
  const recoveries: Recovery[] = [];

  function share(opened: Journal): void {
    const { shared } = opened;
    if (!shared || isAbandoned()) return;
    sharing = new Sharing({
      ...{ journal, shared, after, running, takeUp: () => takeUp(recoveries).then(() => undefined) },
      steady: options.now ?? steadyNow,
      lost: () => {
        options.warn?.("the lease in the journal ran out: all operations of this process are lost");
        isLost = true;
        for (const operation of running.values()) operation.lose();
        abandon();
      },
      warn: (message, operation) => options.warn?.(message, operation),
    });
    for (const operation of running.values()) sharing.follow(operation);
  }

  function abandon(): void {
    draining = true;
    abandonment.abort();
    sharing?.close();
  }

  const isAbandoned = (): boolean => abandonment.signal.aborted;

  const recorder = createRecorder({
    journal,
    unrecorded,
    sharing: () => sharing,
    warn: (message, operation) => options.warn?.(message, operation),
  });
  const { record, recordIntent, recordLater, notRecorded, later, markLater } = recorder;

  /** Records an operation whose client chose its key. @returns who else has the key; then nothing is recorded */
  async function take(
    operation: RunningOperation,
    replaces: string | undefined,
  ): Promise<Operation | JournalEntry | undefined> {
    const holder = await recorder.take(operation, replaces);
    return holder && (await seen(holder));
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
    sharing?.follow(operation);
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

  /** Runs the work to its end. The outcome is recorded before it is told. */
  async function complete(
    operation: RunningOperation,
    run: Run,
    failure: Failure,
    completion: Completion,
  ): Promise<void> {
    const { interrupted } = completion;
    let outcome: Outcome;
    try {
      if (operation.taking) {
        const holder = await operation.taking.catch((error: unknown) => {
          throw new OperationRecordError(error);
        });
        if (isAbandoned()) return;
        if (holder) {
          // It was none: nothing of it is kept.
          operation.kept = false;
          operation.recording = undefined;
          throw new OperationKeyError(holder);
        }
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
    // Another process has it: what it ended with is not for this one to tell.
    if (isLost) return;
    close(operation, completion);
    operation.tell();
  }

  /** An entry as others see it: one that runs in another process as an operation. */
  async function seen(entry: JournalEntry): Promise<Operation | JournalEntry> {
    const [shown = entry] = sharing ? await sharing.of([entry]) : [];
    return shown;
  }

  async function read(
    entry: Awaitable<JournalEntry | undefined>,
  ): Promise<Operation | JournalEntry | undefined> {
    const found = await entry;
    return found && sharing ? seen(found) : found;
  }

  const find = async (id: string): Promise<Operation | JournalEntry | undefined> =>
    running.get(id) ?? unrecorded.get(id) ?? read(journal.get(id));

  /** A journal that hangs keeps no process that gives up. */
  async function unlessAbandoned(done: Promise<unknown>): Promise<void> {
    let giveUp = (): void => undefined;
    const abandoned = new Promise<void>((resolve) => {
      giveUp = resolve;
      if (isAbandoned()) resolve();
      else abandonment.signal.addEventListener("abort", giveUp, { once: true });
    });
    await Promise.race([done, abandoned]);
    abandonment.signal.removeEventListener("abort", giveUp);
  }

  async function takeUp(ways: readonly Recovery[]): Promise<readonly RunningOperation[]> {
    if (ways.length === 0) return [];
    const unfinished = await journal.unfinished();
    const entries = unfinished.filter(({ id }) => !running.has(id) && !unrecorded.get(id));
    // Asked of all before any begins: should it throw, nothing has begun.
    const found = entries.flatMap((entry) => {
      for (const { resume, interrupted } of ways) {
        const way = resume(entry);
        if (way !== "left") return { entry, way, interrupted };
      }
      return [];
    });
    const interruptions: Promise<void>[] = [];
    const taken = found.map(({ entry, way, interrupted }) => {
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
      const done = complete(operation, run, failure, { key, asker, interrupted: !way });
      if (!way) interruptions.push(done);
      return operation;
    });
    if (interruptions.length > 0) await unlessAbandoned(Promise.all(interruptions));
    return taken;
  }

  function idle(): Promise<void> {
    if (running.size === 0) return Promise.resolve();
    return new Promise((resolve) => whenIdle.add(resolve));
  }

  let isOpening = given instanceof Promise;
  if (given instanceof Promise) {
    // Each call to a journal that could not be opened rejects with the reason.
    given
      .then(share, () => undefined)
      .finally(() => {
        isOpening = false;
      });
  } else share(given);

  return {
    claims,
    after,
    abandoned: abandonment.signal,
    get open() {
      return running.size;
    },
    start(subject, run, failure, { key, replaces, intent, origin, freesRoom = false } = {}) {
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
      if (key?.chosen) operation.taking = take(operation, replaces);
      else if (key && sharing) {
        // Other processes are to find it when its client comes back to one of them.
        operation.kept = true;
        recordLater(operation, "the operation");
      }
      void complete(operation, run, failure, { key, asker, interrupted: false });
      return operation;
    },
    admitted(operation) {
      if (!(operation instanceof RunningOperation) || !operation.taking) return undefined;
      if (!sharing && !isOpening) return undefined;
      return operation.taking.then(
        (holder) => {
          if (holder) throw new OperationKeyError(holder);
        },
        () => undefined,
      );
    },
    find,
    async findByKey(name) {
      return runningByKey.get(name) ?? unrecorded.byKey(name) ?? read(journal.byKey(name));
    },
    async list(principal, limit) {
      const here = [...[...running.values()].reverse(), ...unrecorded.all()];
      const mine = here.filter((operation) => operation.principal === principal && !operation.hidden);
      const kept = await journal.list(principal, limit + mine.length);
      const ids = new Set(mine.map(({ id }) => id));
      const others = kept.filter(({ id }) => !ids.has(id)).slice(0, Math.max(0, limit - mine.length));
      return [...mine, ...(sharing ? await sharing.of(others) : others)].slice(0, limit);
    },
    async keep(operation) {
      if (!(operation instanceof RunningOperation)) {
        try {
          if (sharing) await journal.mark(operation.id, { told: true });
          return true;
        } catch (error) {
          options.warn?.(`the operation could not be kept: ${String(error)}`, operation);
          return false;
        }
      }
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
    lasts(operation) {
      if (!(operation instanceof RunningOperation) || operation.kept || operation.concluded) return;
      if (!operation.isIntended) return;
      operation.kept = true;
      record(operation).catch((error: unknown) => {
        operation.kept = operation.recorded;
        notRecorded("the intent", operation, error);
      });
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
      if (entry && entry.state !== "running") await journal.mark(id, { hidden: true });
    },
    attend: (operation, isAttended) => sharing?.attend(operation, isAttended),
    isDeserted: (id) => sharing?.isDeserted(id) ?? true,
    delivered(operation) {
      if (!(operation instanceof RunningOperation)) {
        if (sharing) markLater(operation, { delivered: true });
        return;
      }
      if (operation.delivered) return;
      operation.delivered = true;
      if (!operation.kept || !operation.outcome) return;
      if (operation.told) return recordLater(operation, "the delivery");
      unrecorded.delete(operation);
      later("the delivery", operation, async () => {
        if (sharing) await journal.mark(operation.id, { delivered: true });
        await journal.remove(operation.id, { unlessWanted: true });
      });
    },
    handedOver(operation) {
      if (!operation.outcome?.secret) return;
      if (operation instanceof RunningOperation) {
        operation.handedOver = true;
        if (operation.kept) recordLater(operation, "the delivery");
      } else markLater(operation, { handedOver: true });
    },
    async recover(resume, interrupted) {
      const recovery = { resume, interrupted };
      const taken = await takeUp([recovery]);
      recoveries.push(recovery);
      return taken;
    },
    idle,
    async drain(ms) {
      draining = true;
      if (running.size === 0) {
        sharing?.close();
        return true;
      }
      // The engine's timers keep no process alive; this one does, until the caller of drain has its answer.
      const hold = setInterval(() => undefined, longestTimeoutMs);
      return new Promise<boolean>((resolve) => {
        const cancel = after(ms, () => resolve(false));
        void idle().then(() => {
          cancel();
          sharing?.close();
          resolve(true);
        });
      }).finally(() => clearInterval(hold));
    },
    abandon,
  };
}
