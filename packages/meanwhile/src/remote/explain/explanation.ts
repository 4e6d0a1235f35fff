/** A failure as it is told: what, where, why, and what to do. */
import type { FailureCode } from "../../exit-status.ts";

export interface Explanation {
  readonly exitCode: FailureCode;
  /** One line. */
  readonly message: string;
  /** Lines that come before it, such as one for each member that failed. */
  readonly details?: readonly string[];
  /** For machines, beside the message and the exit code. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** What the explanation of a failure needs to know of the command. */
export interface FailureContext {
  /** What was typed, or the first of it. */
  readonly remote?: URL;
  /** Who logged in, if anybody did. */
  readonly username: string | undefined;
  /** A Bearer token was given. */
  readonly byToken?: boolean;
  /** `--no-overwrite` was given. */
  readonly keepsDestination?: boolean;
  /** Doing the same again goes on where it ended. */
  readonly resumable?: boolean;
  /** Whether the URL, which ends in a slash, is that of a file without it; if that can be found out. */
  readonly isFileWithSlash?: (place: URL) => Promise<boolean>;
  /** Who holds the locks at one of these places, if that can be found out. */
  readonly lockHolder: (places: readonly URL[]) => Promise<string | undefined>;
}
