/** Why an operation may not start. */
import type { JournalEntry } from "../journal/journal.ts";
import type { Operation } from "../operation/operation.ts";

/**
 * How many operations may run. Each process counts its own: of several that share a journal, each may run as many
 * (docs/decisions/0163-several-processes.md).
 */
export interface OperationLimits {
  /** Operations that run at once, in all; default 20,000. */
  readonly open: number;
  /** The same for one principal, and for one address where it is anonymous; default 20,000. */
  readonly openPerPrincipal: number;
  /** Works on whole trees that go on at once, see {@link Work.enter}; the others wait. Default 8. */
  readonly trees: number;
  /** Works on single documents that go on at once; default 64. */
  readonly documents: number;
}

/** The limits that hold where nothing is said. */
export const defaultOperationLimits: OperationLimits = {
  open: 20_000,
  openPerPrincipal: 20_000,
  trees: 8,
  documents: 64,
};

/** No operation may start now; nothing was started. */
export class OperationLimitError extends Error {
  override readonly name = "OperationLimitError";
  readonly code = "ERR_OPERATION_LIMIT";
  /** Whose limit is reached; "draining": the process is about to end. */
  readonly of: "principal" | "all" | "draining";

  constructor(of: "principal" | "all" | "draining") {
    super(limitMessages[of]);
    this.of = of;
  }
}

const limitMessages = {
  all: "too many operations run",
  principal: "too many operations of one principal run",
  draining: "the server is about to stop",
} as const;

/** An operation with the key that the client chose is there already; nothing was started. */
export class OperationKeyError extends Error {
  override readonly name = "OperationKeyError";
  readonly code = "ERR_OPERATION_KEY";
  /** The one to join, or to be told apart from by its fingerprint. */
  readonly operation: Operation | JournalEntry;

  constructor(operation: Operation | JournalEntry) {
    super("an operation with this key is there already");
    this.operation = operation;
  }
}

/** The operation could not be recorded where that has to come before the work; nothing was done. */
export class OperationRecordError extends Error {
  override readonly name = "OperationRecordError";
  readonly code = "ERR_OPERATION_RECORD";

  constructor(cause: unknown) {
    super(`the operation could not be recorded: ${String(cause)}`, { cause });
  }
}
