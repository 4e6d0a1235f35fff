/** Why a state cannot be used. */
export type StateErrorCode =
  /** Another process works with it. */
  | "in-use"
  /** It belongs to another folder. */
  | "other-folder"
  /** The folder is not the one that it belongs to: a mount is missing, or the folder was replaced. */
  | "other-root"
  /** A newer version of this program wrote it. */
  | "newer-format"
  /** The disk that it lies on is full. */
  | "no-space"
  /** The database is damaged. */
  | "corrupt"
  /** The folder or the state directory cannot be used at all. */
  | "unusable"
  /** It could not be written now, or is closed. */
  | "unavailable";

/** The state directory, or the folder, cannot be opened or written. The message is for the operator, and names local paths. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whether the disk is full, or a quota used up, in whatever words LMDB or the system says it. */
export function isFull(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ("code" in cause && ["no-space", "ENOSPC", "EDQUOT"].includes(String(cause.code))) return true;
  return /No space left on device|Disk quota exceeded/.test(cause.message) || isFull(cause.cause);
}

/** The error for what could not be written: "no-space" or "unavailable". */
export function notWritten(cause?: unknown): StateError {
  return new StateError(isFull(cause) ? "no-space" : "unavailable", "the state could not be written", {
    cause,
  });
}
