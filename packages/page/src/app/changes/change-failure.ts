/** Why a change failed, in a sentence that says what to do. */
import { isConnectionFailure, statusOf } from "../failure-text.ts";
import type { Words } from "../words/words.ts";

/** The operation that did the change ended with this status. */
export class EndedError extends Error {
  override readonly name = "EndedError";
  readonly status: number;

  constructor(status: number) {
    super(`ended with ${status}`);
    this.status = status;
  }
}

/**
 * Of an error of the client, or of an operation's end.
 *
 * @param unmet what 412 means: that a name is taken, where nothing else is said
 */
export function changeFailure(error: unknown, words: Words, unmet: string = words.reasons[412]): string {
  const status = error instanceof EndedError ? error.status : statusOf(error);
  if (status === 412) return unmet;
  if (status !== undefined) return reasonOf(status, words);
  if (error instanceof Error && error.name === "MultistatusError") return words.reasons.partly;
  if (error instanceof Error && error.name === "CancelledError") return words.reasons.stopped;
  return isConnectionFailure(error) || (error instanceof Error && error.name === "OutcomeUnknownError")
    ? words.reasons.unknown
    : words.failures.unknown;
}

/** Of one member. */
export function reasonOf(status: number, words: Words): string {
  return words.reasons[status as 403] ?? words.failures.other(status);
}
