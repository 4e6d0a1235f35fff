/** Where operations are kept beyond their process, or beyond their end, for those who ask later. */
import type { MemberResult } from "./member-results.ts";
import type { OperationState, OperationSubject, Outcome } from "./operation.ts";
import type { OperationProgress } from "./progress.ts";

/** A store may answer at once or later. */
export type Awaitable<T> = T | Promise<T>;

/** What a journal can keep of the work's own. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** By what a repetition of the same request is found and compared. */
export interface RepetitionKey {
  /** Unique among what is kept: the principal and the client's key, hashed. */
  readonly name: string;
  /** A digest of all of the request that matters. Same name, other fingerprint: another request. */
  readonly fingerprint: string;
  /**
   * Whether the client chose the key and relies on it: it is recorded before the work begins, and kept as long as
   * the outcome. Else it is what we tell repetitions by ourselves, and recorded only with what is recorded anyway.
   */
  readonly chosen: boolean;
}

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
  /** Whoever asked for it has its final response, as far as anybody can tell. */
  readonly delivered: boolean;
}

/** What is said of an entry when it is put. */
export interface PutOptions {
  /** Whether the operation frees room: where the disk is full, what is held in reserve for that may be used. */
  readonly freesRoom?: boolean;
  /** Whether a loss of power must not undo it; the end of the process never does, in journals that outlive it. Default: true. */
  readonly durable?: boolean;
}

/** Keeps operations. What was put survives the process, in journals that claim so, once `put` has resolved. */
export interface Journal {
  /**
   * Records an entry, in place of the one with the same id; of several, the one that was put last stays. Rejects
   * where it could not be recorded: what was recorded before is as it was. Content beyond a journal's limit is left
   * out, see {@link Outcome.truncated}.
   */
  put(entry: JournalEntry, options?: PutOptions): Awaitable<void>;
  /** The entry with this id. */
  get(id: string): Awaitable<JournalEntry | undefined>;
  /** The entry with this {@link RepetitionKey} name; of several, the one that was put last. */
  byKey(name: string): Awaitable<JournalEntry | undefined>;
  /** A principal's entries that are not hidden, the latest start first. Outcomes may come without their content. */
  list(principal: string, limit: number): Awaitable<readonly JournalEntry[]>;
  /** Entries that were running when an earlier process ended, and that have not ended since; the first start first. */
  unfinished(): Awaitable<readonly JournalEntry[]>;
  /** Forgets the entry with this id. */
  remove(id: string): Awaitable<void>;
  /** Frees what it holds, once all that was put is recorded. */
  close?(): Awaitable<void>;
}

/** How many bytes of one outcome's content a journal keeps, unless told otherwise: 16 MiB. */
export const defaultContentLimit: number = 16 * 1024 * 1024;
