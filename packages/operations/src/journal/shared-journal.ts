/**
 * What a journal does beyond {@link Journal} that several processes share (docs/decisions/0163-several-processes.md). Each
 * process has a journal object of its own, which knows the operations that this process owns: those that it put first, and
 * those that it took over. All times are by the journal's clock.
 */
import type { Claims } from "../claims/claims.ts";
import type { NumberedResult } from "../operation/member-results.ts";
import type { OperationState } from "../operation/operation.ts";
import type { OperationProgress } from "../operation/progress.ts";

/** What changes of an operation while it runs, as its owner tells other processes. */
export interface OperationNews {
  readonly id: string;
  readonly version: number;
  /** When it has ended, the entry tells the rest. */
  readonly state: OperationState;
  readonly progress: OperationProgress;
  readonly results: PublishedResults;
}

/** Results of members, as many as are published. */
export interface PublishedResults {
  /** How many there were in all. */
  readonly latest: number;
  /** How many failed in all. */
  readonly failures: number;
  /** In the order in which they came. */
  readonly recent: readonly NumberedResult[];
}

/**
 * The process's lease ran out, or another process has taken the operation over: what was to be written is not, and the process
 * has to stop all its works.
 */
export class OperationLostError extends Error {
  override readonly name = "OperationLostError";
  readonly code = "ERR_OPERATION_LOST";

  constructor() {
    super("this process has lost its operations: its lease in the journal ran out");
  }
}

/** All calls but {@link SharedJournal.renew} may be made late, or by a process that has lost its lease: then they do nothing. */
export interface SharedJournal {
  /** How long a process keeps its operations and claims without a renewal, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Extends the lease of this process. What leases that ran out held is free from then on: claims, and operations for
   * {@link Journal.unfinished}.
   *
   * @throws {OperationLostError} (rejects) where this process's own had run out
   */
  renew(): Promise<void>;
  /** Tells other processes of operations that this one owns. What is told of others is ignored. */
  publish(news: readonly OperationNews[]): Promise<void>;
  /** The latest news of operations, whoever owns them; of those that are not kept, none. */
  news(ids: readonly string[]): Promise<readonly OperationNews[]>;
  /** Asks the owner of an operation to stop it. */
  requestCancel(id: string): Promise<void>;
  /** Operations of this process that any process was asked to stop, and that have not ended. */
  cancelRequests(): Promise<readonly string[]>;
  /**
   * Says whether a request waits for an operation in this process. An owner attends its operation from the first `put` on, unless it
   * says otherwise; one that took it over does not.
   */
  attend(id: string, isAttended: boolean): Promise<void>;
  /** Whether no request waits for an operation in any process that lives. */
  isDeserted(id: string): Promise<boolean>;
  /**
   * Calls back with the ids of operations that another process changed, or asks something of. Any call may be lost, or come twice.
   *
   * @returns how to stop that
   */
  subscribe(listener: (id: string) => void): () => void;
  /** Claims of all processes, as this one asks for them. */
  readonly claims: Claims;
}
