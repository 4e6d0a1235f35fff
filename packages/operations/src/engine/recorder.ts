/** How the engine writes operations to the journal, and what it does where that fails. */
import type { EntryMarks, Journal, JournalEntry, PutOptions } from "../journal/journal.ts";
import { OperationLostError } from "../journal/shared-journal.ts";
import type { Operation } from "../operation/operation.ts";
import type { RunningOperation } from "../operation/running-operation.ts";
import type { Sharing } from "../shared/sharing.ts";
import { OperationRecordError } from "./refusals.ts";
import type { Unrecorded } from "./unrecorded.ts";

export interface RecorderOptions {
  readonly journal: Journal;
  /** Operations whose outcome could not be recorded: one of them is tried again after each write that succeeds. */
  readonly unrecorded: Unrecorded;
  /** Undefined as long as the journal is still being opened, and where one process alone has it. */
  readonly sharing: () => Sharing | undefined;
  /** Told of the first failure to record each operation. */
  readonly warn: (message: string, operation: Operation) => void;
}

/** Writes operations to the journal. */
export interface Recorder {
  /** Records an operation as it is now. Rejects where it could not be. */
  record(operation: RunningOperation): Promise<void>;
  /** As {@link Recorder.record}. @throws {OperationRecordError} (rejects) where the work may not go on */
  recordIntent(operation: RunningOperation): Promise<void>;
  /**
   * Records an operation whose client chose its key.
   *
   * @param replaces see {@link Journal.take}
   * @returns the entry of who else has the key; then nothing is recorded
   */
  take(operation: RunningOperation, replaces: string | undefined): Promise<JournalEntry | undefined>;
  /** Records what nobody waits for. `what` names it in the log. */
  recordLater(operation: RunningOperation, what: string): void;
  /** Marks an entry, which nobody waits for. */
  markLater(operation: Operation | JournalEntry, marks: EntryMarks): void;
  /** Writes what nobody waits for. `what` names it in the log. */
  later(what: string, operation: Operation | JournalEntry, write: () => Promise<void>): void;
  /** An operation could not be recorded: the log is told once, and one that has ended is tried again. */
  notRecorded(what: string, operation: RunningOperation, error: unknown): void;
}

/** Makes the recorder of one engine. */
export function createRecorder({ journal, unrecorded, sharing, warn }: RecorderOptions): Recorder {
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

  async function take(
    operation: RunningOperation,
    replaces: string | undefined,
  ): Promise<JournalEntry | undefined> {
    let holder: JournalEntry | undefined;
    const recording = write(operation, true, async (entry, how) => {
      holder = await journal.take(entry, replaces, how);
      return holder === undefined;
    });
    operation.recording = recording;
    await recording;
    return holder;
  }

  function put(operation: RunningOperation, durable: boolean): Promise<void> {
    return write(operation, durable, async (entry, how) => {
      await journal.put(entry, how);
      return true;
    });
  }

  /** @param record returns whether it is recorded */
  async function write(
    operation: RunningOperation,
    durable: boolean,
    record: (entry: JournalEntry, how: PutOptions) => Promise<boolean>,
  ): Promise<void> {
    const { freesRoom } = operation;
    let isRecorded: boolean;
    try {
      const prepared = operation.prepared();
      if (prepared !== undefined) await prepared;
      isRecorded = await record(operation.entry(), { freesRoom, ...(durable ? {} : { durable }) });
    } catch (error) {
      if (durable) operation.recording = undefined;
      if (error instanceof OperationLostError) sharing()?.lose();
      throw error;
    }
    if (!isRecorded) return;
    if (durable) operation.durable = true;
    if (!operation.recorded) sharing()?.recorded(operation);
    operation.recorded = true;
    operation.kept = true;
    unrecorded.delete(operation);
    // The journal works: what it failed with before is tried again, one at a time.
    const next = unrecorded.next();
    if (next) recordLater(next, "the outcome");
  }

  function markLater(operation: Operation | JournalEntry, marks: EntryMarks): void {
    later("the delivery", operation, async () => journal.mark(operation.id, marks));
  }

  function later(what: string, operation: Operation | JournalEntry, write: () => Promise<void>): void {
    write().catch((error: unknown) => {
      // Where secrets of an entry could not be forgotten, the journal does it by itself when their time is over.
      if ("ended" in operation) warn(`${what} could not be recorded: ${String(error)}`, operation);
    });
  }

  function recordLater(operation: RunningOperation, what: string): void {
    record(operation).catch((error: unknown) => notRecorded(what, operation, error));
  }

  function notRecorded(what: string, operation: RunningOperation, error: unknown): void {
    if (operation.concluded) unrecorded.add(operation);
    if (warned.has(operation)) return;
    warned.add(operation);
    warn(`${what} could not be recorded: ${String(error)}`, operation);
  }

  return { record, recordIntent, take, recordLater, markLater, later, notRecorded };
}
