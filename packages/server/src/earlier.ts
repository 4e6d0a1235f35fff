/** The operation that an earlier try of the same request started. */
import { DavError } from "@meanwhile/dav/error";
import type { JournalEntry, Operation, Operations, Outcome } from "@meanwhile/operations";

export type Earlier = Operation | JournalEntry;

/** The operation with this key: one that runs, or one that is kept. */
export async function findEarlier(operations: Operations, name: string): Promise<Earlier | undefined> {
  const earlier = await operations.findByKey(name);
  // The journal may know an operation as running that this process runs.
  return earlier && !runsHere(earlier) && !earlier.outcome ? operations.find(earlier.id) : earlier;
}

/** Whether it is one of this process that has not ended. */
export function runsHere(earlier: Earlier): earlier is Operation {
  return "ended" in earlier && earlier.outcome === undefined;
}

/** Whether the same request, its key included, runs anew: see {@link Outcome.runsAnew}. */
export function isToTryAgain({ outcome }: Earlier): boolean {
  return outcome?.runsAnew === true;
}

/** @throws {DavError} 422 where the same key came with another request (draft-ietf-httpapi-idempotency-key-header-07 §2.7) */
export function requireSame({ key }: Earlier, fingerprint: string): void {
  if (key?.fingerprint !== fingerprint) {
    throw new DavError(422, "the Idempotency-Key was used for another request");
  }
}
