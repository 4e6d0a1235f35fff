/** The work that a request asked for. It outlives the exchange that asked, and knows no HTTP. */
import type { MemberResults } from "./member-results.ts";
import type { OperationProgress } from "./progress.ts";

/**
 *                 the work ends
 *     running ────────────────────▶ finished
 *      │   │  cancel()                 ▲
 *      │   └────────▶ cancelling ──────┤ the work had ended first
 *      │                │    │
 *      │                │    └──▶ cancelled    the work obeyed
 *      │                ▼
 *      └──────────▶ interrupted    the process ended, or gave the work up: nobody knows what became of it
 */
export type OperationState = "running" | "cancelling" | "finished" | "cancelled" | "interrupted";

/** An operation's recorded final response. This package keeps it and does not look inside. */
export interface Outcome {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  readonly content: string | Uint8Array;
  /** The content was longer than the journal keeps: it is missing here, and `content` is empty. */
  readonly truncated?: true;
  /**
   * It does not answer a repetition: the same request, its key included, runs anew. Said by the work, which knows that
   * it changed nothing, or that to be done twice does no harm. Any other outcome, a failure too, is what became of the
   * request.
   */
  readonly runsAnew?: true;
  /**
   * It holds secrets: it is kept whole until it was delivered, and at most `secretMs`. What stays of it then is
   * its status.
   */
  readonly secret?: true;
  /** It held secrets, and is not kept whole any more: `fields` and `content` are empty. */
  readonly forgotten?: true;
}

/** What an operation is about; all of it may be shown to its principal. */
export interface OperationSubject {
  /** What is done: a method's name, for instance. */
  readonly kind: string;
  /** What it is done to: a URL, as its principal knows it. */
  readonly target: string;
  /** Where it goes: a URL; absent where it goes nowhere. */
  readonly destination?: string | undefined;
  /** Who asked; undefined for anonymous. Nobody else sees the operation. */
  readonly principal: string | undefined;
}

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

export interface Operation extends OperationSubject {
  /** Unguessable: 128 random bits, safe in URLs and file names. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Milliseconds since the epoch; undefined while it runs. */
  readonly endedAtMs: number | undefined;
  readonly state: OperationState;
  readonly progress: OperationProgress;
  readonly results: MemberResults;
  /** By what a repetition of the request finds it. */
  readonly key: RepetitionKey | undefined;
  /** Present once it has ended. */
  readonly outcome: Outcome | undefined;
  /** Resolves, never rejects, with the outcome. */
  readonly ended: Promise<Outcome>;
  /** Grows by one with every change that someone may want to see. */
  readonly version: number;
  /** Calls back after every change, synchronously. @returns how to stop that */
  subscribe(listener: () => void): () => void;
  /** Asks the work to stop. False where it has ended already. */
  cancel(): boolean;
}

/** How much of the machine a work takes: that of one document, or that of a whole tree. */
export type Load = "document" | "tree";

/** What the record of an intent has to survive. */
export interface IntendOptions {
  /**
   * Whether a loss of power must not undo the record, nor that of the outcome; the end of the process never does. False
   * for a change that a loss of power leaves made or not made, and whose result needs nothing to be finished. Where
   * a client was told of the operation, or chose its key, the records are durable all the same. Default: true.
   */
  readonly durable?: boolean;
  /**
   * When it is recorded. "later": once somebody is told of the operation, or it has lasted for a while; never where neither comes
   * before its end. For a work of which the end of the process leaves nothing to be finished, or that tells with
   * {@link Work.beforeRecord} what is to be recorded with it. Default: "now".
   */
  readonly when?: "now" | "later";
}

/** What the work itself is given. None of its methods throws, {@link Work.intend} excepted. */
export interface Work {
  readonly operation: Operation;
  /** Aborted when the operation is cancelled. */
  readonly signal: AbortSignal;
  /**
   * Tells how far the work is. Going backwards, garbage, and reports after the end are ignored (and told to the log).
   * @param total undefined while it is not known
   * @param member the path of one that it works on, or has just dealt with
   */
  progress(done: number, total?: number, remark?: string, member?: string): void;
  /** Tells how far it is inside the present member, in bytes. @param member its path */
  bytes(done: number, total: number, member?: string): void;
  /**
   * Records what another process would need to finish the work, should this one be killed. Resolves once that would
   * survive; nothing may be changed before.
   *
   * @returns whether a loss of power does not undo it either
   * @throws {OperationRecordError} where the journal failed
   */
  intend(intent: Json, options?: IntendOptions): Promise<boolean>;
  /**
   * Names what is to be recorded elsewhere before an intent that is recorded later ({@link IntendOptions.when}): it is called, and
   * waited for, as often as the operation is recorded before its end.
   *
   * @returns false where the operation is recorded already, or about to be: then `record` is not called, and is for the work to do
   */
  beforeRecord(record: () => Promise<void>): boolean;
  /**
   * Waits until the work may begin: only so many go on at once, and they take turns, see `WorkQueue`. The place
   * is kept until the operation ends; a work that has one has entered already.
   *
   * @returns "entered" at once, or later what became of the waiting: what the work saw before may have changed then
   */
  enter(load: Load): "entered" | Promise<"entered later" | "cancelled">;
  /** Tells what became of one member. A URI that costs something to write may be given as a function. */
  result(status: number, uri: string | (() => string)): void;
  /**
   * Gives the work up: nobody will know what became of it. The outcome that it ends with is that of an interrupted
   * operation.
   */
  giveUp(): void;
}
