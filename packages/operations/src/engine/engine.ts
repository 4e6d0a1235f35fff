/** What the engine promises to those who start operations, and what it is made with. */
import type { Claims } from "../claims/claims.ts";
import type { Awaitable, Journal, JournalEntry } from "../journal/journal.ts";
import type {
  Json,
  Operation,
  OperationSubject,
  Outcome,
  RepetitionKey,
  Work,
} from "../operation/operation.ts";
import type { After } from "../time/timers.ts";
import type { OperationLimits } from "./refusals.ts";
import type { Origin } from "./work-queue.ts";

/** What {@link createOperations} may be told. */
export interface OperationsOptions {
  /** Where operations are kept; default in memory. One that is still being opened is waited for. */
  readonly journal?: Journal | Promise<Journal>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Names operations: unguessable. Default: 128 random bits. */
  readonly newId?: () => string;
  readonly after?: After;
  readonly limits?: Partial<OperationLimits>;
  /**
   * Told what was ignored or went wrong beside the work of an operation (a progress that fell, an outcome that was not recorded), or,
   * without one, between processes that share the journal.
   */
  readonly warn?: (message: string, operation?: Operation) => void;
}

/** What may be said of an operation when it starts. */
export interface StartOptions {
  /** Whether the work frees room: its record may use what a full disk holds in reserve. Default: false. */
  readonly freesRoom?: boolean;
  /** Where the request comes from: operations of anonymous principals are counted by address. */
  readonly origin?: Origin;
  readonly key?: RepetitionKey;
  /** The id of the operation that may have a key which the client chose: one whose outcome answers no repetition. */
  readonly replaces?: string | undefined;
  /** What is recorded as the intent, see {@link Work.intend}, from the start on; asked for with every record. */
  readonly intent?: () => Json;
}

/** How to go on with an operation that an earlier process was ended in. */
export type Resumption =
  | { readonly run: Run; readonly failure: Failure }
  /** Another call of {@link Operations.recover} takes it up, later: it is left as it is. */
  | "left";

/** Does the work and makes its outcome. */
export type Run = (work: Work) => Promise<Outcome>;

/** Makes the outcome of work that threw. Should it throw itself, the outcome is a bare 500. */
export type Failure = (error: unknown) => Outcome;

/** The engine: starts operations, and finds those that run or are kept. */
export interface Operations {
  /**
   * Starts an operation: `run` is called with the work's handle, at once or, with a key that the client chose, as
   * soon as that is recorded. Where it cannot be recorded the work never begins.
   *
   * @throws {OperationLimitError} when no operation may start now
   * @throws {OperationKeyError} where one runs with this key, if the client chose it
   */
  start(subject: OperationSubject, run: Run, failure: Failure, options?: StartOptions): Operation;
  /**
   * Whether an operation that was started has the key that its client chose. undefined where that is certain: no client chose
   * one, or no other process could take it. Else it resolves once it has the key, or could not be recorded, and its work may
   * begin.
   *
   * @throws {OperationKeyError} (rejects) where another process has the key: nothing was begun
   */
  admitted(operation: Operation): Promise<void> | undefined;
  /** An operation that runs, here or in another process, or one that is kept. Hidden ones are found, too. */
  find(id: string): Promise<Operation | JournalEntry | undefined>;
  /** The operation with this {@link RepetitionKey} name, running or kept. */
  findByKey(name: string): Promise<Operation | JournalEntry | undefined>;
  /** A principal's operations, running ones first, then those kept, the latest first; hidden ones left out. */
  list(principal: string, limit: number): Promise<readonly (Operation | JournalEntry)[]>;
  /**
   * Keeps an operation beyond its end, so that its principal can be told where to ask for it. One that runs is recorded
   * at once, so that the next process can say that it was interrupted.
   *
   * @returns whether it is recorded: only then may its principal be told. False where the journal failed, which is
   *   told to `warn` once an operation; it then goes on as if nobody had asked to keep it. Never rejects.
   */
  keep(operation: Operation): Promise<boolean>;
  /** An operation has lasted for a while: what its work intends is recorded, where that was put off. */
  lasts(operation: Operation): void;
  /** Hides one that has ended from its principal; one that runs stays. What prevents a second run stays. */
  hide(id: string): Promise<void>;
  /**
   * The client has the final response. Where it was told no status document, and chose no key, the
   * operation is forgotten.
   */
  delivered(operation: Operation): void;
  /** Tells other processes whether a request in this one waits for the operation. */
  attend(operation: Operation, isAttended: boolean): void;
  /** Whether no request waits for an operation in other processes, as far as they tell. */
  isDeserted(id: string): Awaitable<boolean>;
  /**
   * The client has the outcome itself: secrets in it are not kept any longer. Call it beside
   * {@link Operations.delivered}, which says less: the place of the outcome was told.
   */
  handedOver(operation: Operation | JournalEntry): void;
  /**
   * Takes up what an earlier process left running; in a journal that several share, from now on also what others leave. `resume` says how to finish an operation from its intent;
   * undefined: nobody knows, and `interrupted` makes its outcome. Limits do not count. Resolves once all
   * have begun, and the interrupted ones have ended: their repetitions run anew, and join none of them.
   */
  recover(
    resume: (entry: JournalEntry) => Resumption | undefined,
    interrupted: (entry: JournalEntry) => Outcome,
  ): Promise<readonly Operation[]>;
  /** Paths that running operations work on. */
  readonly claims: Claims;
  /** The timers that the engine was made with. */
  readonly after: After;
  /** How many run. */
  readonly open: number;
  /** Resolves when none runs. */
  idle(): Promise<void>;
  /** From now on none starts. Resolves with whether all have ended within `ms`. */
  drain(ms: number): Promise<boolean>;
  /**
   * The process is about to end, or has lost its operations to others: those that still run are left as the journal has them, to be taken up by the next.
   * Their `ended` never resolves; {@link Operations.abandoned} is aborted.
   */
  abandon(): void;
  readonly abandoned: AbortSignal;
}
