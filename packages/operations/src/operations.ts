/** The engine: starts operations, knows those that run and those that are kept, keeps conflicting ones apart. */
import { randomBytes } from "node:crypto";
import { type After, type Claims, createClaims } from "./claims.ts";
import { type Journal, type JournalEntry, memoryJournal } from "./journal.ts";
import type { Operation, OperationSubject, Outcome, Work } from "./operation.ts";
import { RunningOperation } from "./running-operation.ts";

export type { After, Claim, Claims, Release } from "./claims.ts";
export {
  defaultRetention,
  type Journal,
  type JournalEntry,
  memoryJournal,
  type Retention,
} from "./journal.ts";
export type { MemberResult, MemberResults } from "./member-results.ts";
export type { Operation, OperationState, OperationSubject, Outcome, Work } from "./operation.ts";
export { longestRemark, type OperationProgress } from "./progress.ts";

export interface OperationsOptions {
  /** Where ended operations are kept; default in memory. */
  readonly journal?: Journal;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly newId?: () => string;
  readonly after?: After;
  readonly limits?: Partial<OperationLimits>;
  /** Told what was ignored: a progress that went backwards, for instance. */
  readonly warn?: (message: string, operation: Operation) => void;
}

export interface OperationLimits {
  /** Operations that run at once, in all; default 20,000. */
  readonly open: number;
  /** The same for one principal (all anonymous ones count as one); default 20,000. */
  readonly openPerPrincipal: number;
}

export const defaultOperationLimits: OperationLimits = { open: 20_000, openPerPrincipal: 20_000 };

/** One of the limits on open operations is reached; nothing was started. */
export class OperationLimitError extends Error {
  override readonly name = "OperationLimitError";
  readonly code = "ERR_OPERATION_LIMIT";
  /** Whose limit it is. */
  readonly of: "principal" | "all";

  constructor(of: "principal" | "all") {
    super(of === "all" ? "too many operations run" : "too many operations of one principal run");
    this.of = of;
  }
}

export interface Operations {
  /**
   * Starts an operation. `run` gets the work's handle and makes the outcome; it is called at once. What it throws is
   * given to `failure`, which must not throw.
   * @throws {OperationLimitError} when a limit on open operations is reached
   */
  start(
    subject: OperationSubject,
    run: (work: Work) => Promise<Outcome>,
    failure: (error: unknown) => Outcome,
  ): Operation;
  /** An operation that runs, or one that has ended and is kept. */
  find(id: string): Operation | JournalEntry | undefined;
  /** Keeps an operation beyond its end: its principal was told where to ask for it. */
  keep(operation: Operation): void;
  /** Forgets one that has ended. */
  forget(id: string): boolean;
  /** Paths that running operations work on. */
  readonly claims: Claims;
  /** How many run. */
  readonly open: number;
  /** Resolves when none runs. */
  idle(): Promise<void>;
}

export function createOperations(options: OperationsOptions = {}): Operations {
  const now = options.now ?? Date.now;
  const journal = options.journal ?? memoryJournal({}, now);
  const newId = options.newId ?? (() => randomBytes(16).toString("base64url"));
  const limits = { ...defaultOperationLimits, ...options.limits };
  const running = new Map<string, RunningOperation>();
  const perPrincipal = new Map<string | undefined, number>();
  const kept = new WeakSet<Operation>();
  const whenIdle = new Set<() => void>();

  function count(principal: string | undefined, by: 1 | -1): void {
    const open = (perPrincipal.get(principal) ?? 0) + by;
    if (open === 0) perPrincipal.delete(principal);
    else perPrincipal.set(principal, open);
  }

  function end(operation: RunningOperation, outcome: Outcome): void {
    operation.end(outcome, now());
    running.delete(operation.id);
    count(operation.principal, -1);
    if (kept.has(operation)) journal.put(operation.entry());
    if (running.size > 0) return;
    for (const resolve of whenIdle) resolve();
    whenIdle.clear();
  }

  return {
    claims: createClaims(options.after ?? timeoutAfter),
    get open() {
      return running.size;
    },
    start(subject, run, failure) {
      if (running.size >= limits.open) throw new OperationLimitError("all");
      if ((perPrincipal.get(subject.principal) ?? 0) >= limits.openPerPrincipal) {
        throw new OperationLimitError("principal");
      }
      const operation = new RunningOperation(newId(), subject, now(), options.warn);
      running.set(operation.id, operation);
      count(subject.principal, 1);
      const work = async (): Promise<Outcome> => run(operation.work);
      work().then(
        (outcome) => end(operation, outcome),
        (error: unknown) => end(operation, failure(error)),
      );
      return operation;
    },
    find: (id) => running.get(id) ?? journal.get(id),
    keep(operation) {
      if (kept.has(operation)) return;
      kept.add(operation);
      if (operation instanceof RunningOperation && operation.outcome) journal.put(operation.entry());
    },
    forget: (id) => journal.remove(id),
    idle() {
      if (running.size === 0) return Promise.resolve();
      return new Promise((resolve) => whenIdle.add(resolve));
    },
  };
}

const timeoutAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};
