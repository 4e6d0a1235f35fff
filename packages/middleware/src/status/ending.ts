/** DELETE of a status document: cancels what runs, hides what has ended. */
import type { JournalEntry, Operation, Operations } from "@meanwhile/operations";

/** How many operations are remembered that a DELETE asked to stop; the oldest is forgotten first. */
const rememberedIds = 10_000;

/**
 *      DELETE              DELETE: nothing changes                DELETE
 *     running ──▶ cancelling ──▶ ended, not yet known to be ──▶ known to be ended ──▶ hidden
 *     DELETE
 *     finished (and nobody asked it to stop) ──▶ hidden
 *
 * "asked": the document as it is, and the work is asked to stop. "ended": it has ended since the client asked it to
 * stop, or was stopped by somebody else; a DELETE that was sent to stop it must not hide what became of it.
 */
export type StatusEnding = "asked" | "ended" | "hidden";

export interface StatusEndings {
  end(operation: Operation | JournalEntry): Promise<StatusEnding>;
}

/** Makes what cancels and hides operations. */
export function createStatusEndings(operations: Operations): StatusEndings {
  // What is forgotten, at a restart for instance, costs its client one DELETE more.
  const asked = new Set<string>();
  const known = new Set<string>();
  return {
    async end(operation) {
      const { id } = operation;
      if ("cancel" in operation) {
        if (operation.cancel()) {
          remember(asked, id);
          return "asked";
        }
        // What has ended but is not yet recorded could not be hidden.
        await operation.ended;
      }
      if ((operation.state === "cancelled" || asked.has(id)) && !known.has(id)) {
        remember(known, id);
        return "ended";
      }
      await operations.hide(id);
      asked.delete(id);
      known.delete(id);
      return "hidden";
    },
  };
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size <= rememberedIds) return;
  for (const oldest of ids) {
    ids.delete(oldest);
    return;
  }
}
