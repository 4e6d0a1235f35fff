/**
 * - "ERR_JOURNAL_CORRUPT": what is on disk cannot be read. Nothing was changed or deleted.
 * - "ERR_JOURNAL_FORMAT": it was written by a newer version. Nothing was changed.
 * - "ERR_JOURNAL_IN_USE": another process uses the directory.
 * - "ERR_JOURNAL_FULL": the disk is full, or a quota used up.
 * - "ERR_JOURNAL_UNAVAILABLE": it could not be read or written now, or is closed.
 */
export type JournalErrorCode =
  | "ERR_JOURNAL_CORRUPT"
  | "ERR_JOURNAL_FULL"
  | "ERR_JOURNAL_FORMAT"
  | "ERR_JOURNAL_IN_USE"
  | "ERR_JOURNAL_UNAVAILABLE";

/** The journal cannot do what it should. Its message is for the operator, and names files. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;

  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The error for what could not be written or opened: a full disk is told apart from other failures, in whatever words
 * LMDB or the system says it.
 */
export function journalFailure(message: string, cause?: unknown): JournalError {
  const code = isFull(cause) ? "ERR_JOURNAL_FULL" : "ERR_JOURNAL_UNAVAILABLE";
  return new JournalError(code, message, cause === undefined ? {} : { cause });
}

function isFull(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ("code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT")) return true;
  return /No space left on device|Disk quota exceeded/.test(cause.message) || isFull(cause.cause);
}
