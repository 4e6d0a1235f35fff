/** Where operations are kept beyond their process, or beyond their end, for those who ask later. */
import type { MemberResult } from "../operation/member-results.ts";
import type {
  Json,
  OperationState,
  OperationSubject,
  Outcome,
  RepetitionKey,
} from "../operation/operation.ts";
import type { OperationProgress } from "../operation/progress.ts";
import type { SharedJournal } from "./shared-journal.ts";

/** A store may answer at once or later. */
export type Awaitable<T> = T | Promise<T>;

/** An operation as it is kept. */
export interface JournalEntry extends OperationSubject {
  readonly id: string;
  /** "running": it has not ended, as far as the journal knows. */
  readonly state: Exclude<OperationState, "cancelling">;
  readonly startedAtMs: number;
  /** undefined while it runs. */
  readonly endedAtMs: number | undefined;
  readonly progress: OperationProgress;
  /** Members that failed, as many as are kept. */
  readonly failed: readonly MemberResult[];
  /** How many failed in all. */
  readonly failures: number;
  readonly version: number;
  /** undefined while it runs. */
  readonly outcome: Outcome | undefined;
  /** What another process needs to finish the work; undefined: it cannot be finished, only declared interrupted. */
  readonly intent: Json | undefined;
  readonly key: RepetitionKey | undefined;
  /** Its principal does not want to see it any more. It still prevents a second run. */
  readonly hidden: boolean;
  /** Its client has the final response, as far as this side can tell. */
  readonly delivered: boolean;
}

/** What is said of an entry when it is put. */
export interface PutOptions {
  /** Whether the operation frees room: where the disk is full, what is held in reserve for that may be used. */
  readonly freesRoom?: boolean;
  /** Whether a loss of power must not undo it; the end of the process never does, in journals that outlive it. Default: true. */
  readonly durable?: boolean;
}

/** What any process may say of an entry, whoever owns it. It is never taken back. */
export interface EntryMarks {
  /** Its principal does not want to see it any more. */
  readonly hidden?: true;
  /** Its client has the final response. */
  readonly delivered?: true;
  /** A client was told its status document: it is kept beyond its delivery. */
  readonly told?: true;
  /** Its client has the outcome itself: secrets in it are not kept any longer. */
  readonly handedOver?: true;
}

/** What is said of an entry when it is removed. */
export interface RemoveOptions {
  /** Whether it stays where another process has told of it, or waits for it. Default: false. */
  readonly unlessWanted?: boolean;
}

/** Keeps operations. What was put survives the process, in journals that claim so, once `put` has resolved. */
export interface Journal {
  /**
   * Records an entry, in place of the one with the same id; of several, the one that was put last stays. Rejects
   * where it could not be recorded: what was recorded before is as it was. Content beyond a journal's limit is left
   * out, see {@link Outcome.truncated}.
   */
  put(entry: JournalEntry, options?: PutOptions): Awaitable<void>;
  /**
   * Records an entry with a key, as {@link Journal.put} does, where that key is free, or where the entry that has it is
   * the one named by `replaces`. Of several that ask at once, in whatever process, one gets it.
   *
   * @param replaces the id of an entry that answers no repetition of the request
   * @returns undefined where the entry is recorded; else the entry that has the key, and nothing is changed
   */
  take(
    entry: JournalEntry,
    replaces: string | undefined,
    options?: PutOptions,
  ): Awaitable<JournalEntry | undefined>;
  /** Says something of the entry with this id, where there is one. Not of one whose `put` is under way. */
  mark(id: string, marks: EntryMarks): Awaitable<void>;
  /** The entry with this id. */
  get(id: string): Awaitable<JournalEntry | undefined>;
  /** The entry with this {@link RepetitionKey} name; of several, the one that was put last. */
  byKey(name: string): Awaitable<JournalEntry | undefined>;
  /** A principal's entries that are not hidden, the latest start first. Outcomes may come without their content. */
  list(principal: string, limit: number): Awaitable<readonly JournalEntry[]>;
  /**
   * Entries that were running when their process ended, and that have not ended since; the first start first. In a journal
   * that several processes share they are this process's from now on: each is given to one.
   */
  unfinished(): Awaitable<readonly JournalEntry[]>;
  /** Forgets the entry with this id. */
  remove(id: string, options?: RemoveOptions): Awaitable<void>;
  /** What several processes see of each other; undefined: one process at a time has the journal. */
  readonly shared?: SharedJournal | undefined;
  /** Frees what it holds, once all that was put is recorded. */
  close?(): Awaitable<void>;
}

/** How many bytes of one outcome's content a journal keeps, unless told otherwise: 16 MiB. */
export const defaultContentLimit: number = 16 * 1024 * 1024;
