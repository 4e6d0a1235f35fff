/**
 * - "ERR_JOURNAL_CORRUPT": what is on disk cannot be read. Nothing was changed or deleted.
 * - "ERR_JOURNAL_FORMAT": it was written by a newer version. Nothing was changed.
 * - "ERR_JOURNAL_IN_USE": another process uses the directory.
 * - "ERR_JOURNAL_UNAVAILABLE": it could not be read or written now (a full disk, for instance), or is closed.
 */
export type JournalErrorCode =
  | "ERR_JOURNAL_CORRUPT"
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
