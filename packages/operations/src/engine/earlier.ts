/** What an earlier request with the same key left behind, and what is to become of the one that repeats it. */

import type { JournalEntry } from "../journal/journal.ts";
import type { Operation, Outcome } from "../operation/operation.ts";
import type { Operations } from "./engine.ts";

/** The operation of an earlier request: one that runs, here or in another process, or what the journal has of it. */
export type Earlier = Operation | JournalEntry;

/** What becomes of a request whose key is known. */
export type Admission =
  /** Its method runs: the earlier request came to nothing, or to what is to be tried again. */
  | { readonly kind: "run" }
  /** It gets the outcome of an operation that runs, here or in another process, once there is one. */
  | { readonly kind: "join"; readonly operation: Operation }
  /** It gets the recorded outcome again. */
  | { readonly kind: "replay"; readonly outcome: Outcome }
  /** The key was used for another request (draft-ietf-httpapi-idempotency-key-header-07 §2.7). */
  | { readonly kind: "mismatch" }
  /** The operation of an earlier process, which this one has not taken up. */
  | { readonly kind: "not-yet" };

/** The operation with this key: one that runs, or one that is kept. Rejects with what the journal failed with. */
export async function findEarlier(operations: Operations, name: string): Promise<Earlier | undefined> {
  const earlier = await operations.findByKey(name);
  // The journal may know an operation as running that this process runs.
  return earlier && !isFollowed(earlier) && !earlier.outcome ? operations.find(earlier.id) : earlier;
}

/** Whether it is one that runs, here or in another process that is known to live or to be succeeded. */
export function runs(earlier: Earlier): earlier is Operation {
  return isFollowed(earlier) && earlier.outcome === undefined;
}

/**
 * Decides what becomes of a repetition.
 *
 * @param isSame whether all that matters of it is as in the earlier request
 * @param isAnswer whether the earlier outcome, where there is one, answers a repetition. Default: see {@link Outcome.runsAnew}.
 */
export function admit(
  earlier: Earlier | undefined,
  isSame: boolean,
  isAnswer: boolean = earlier?.outcome?.runsAnew !== true,
): Admission {
  if (earlier === undefined) return { kind: "run" };
  if (!isSame) return { kind: "mismatch" };
  if (!isAnswer) return { kind: "run" };
  if (earlier.outcome) return { kind: "replay", outcome: earlier.outcome };
  return runs(earlier) ? { kind: "join", operation: earlier } : { kind: "not-yet" };
}

function isFollowed(earlier: Earlier): earlier is Operation {
  return "ended" in earlier;
}
