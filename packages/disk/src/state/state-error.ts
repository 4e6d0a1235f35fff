/** Why the state of a folder cannot be used. */
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
  | "unusable";

/** The state directory, or the folder, cannot be opened. The message is for the operator, and names local paths. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
