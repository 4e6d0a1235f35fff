/** Takes up, at the start, what an earlier process was ended in. */
import { DavError } from "@meanwhile/dav";
import { isHandlersWork } from "@meanwhile/middleware/internal";
import type { JournalEntry, Operations, Outcome } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import { errorAnswer, toDavError } from "../http/error-answer.ts";
import { waitsForTurn, withClaims } from "../methods/change.ts";
import { carryOut, claimsOf, toTreeChange } from "../trees/tree-change.ts";
import { outcomeOf } from "./outcome.ts";

/**
 * Resumes COPY, MOVE and DELETE from their intents; declares all else interrupted, but what the middleware's handlers
 * worked on, which takes care of that itself. When it resolves, what is resumed
 * has its claims again: from then on requests may be served. It goes on by itself.
 *
 * @returns how many are resumed
 */
export async function recoverOperations(operations: Operations, context: ServerContext): Promise<number> {
  const resumed = new Set<string>();
  const ready: Promise<void>[] = [];
  let sweep = (): void => undefined;
  const swept = new Promise<void>((resolve) => {
    sweep = resolve;
  });
  await operations.recover((entry) => {
    if (isHandlersWork(entry)) return "left";
    const change = toTreeChange(entry.intent);
    if (!change) return undefined;
    resumed.add(entry.id);
    let claimed = (): void => undefined;
    ready.push(
      new Promise((resolve) => {
        claimed = resolve;
      }),
    );
    return {
      run: async (work) => {
        try {
          const answer = await withClaims(context, claimsOf(change), work, async () => {
            claimed();
            await swept;
            await waitsForTurn(work, "tree");
            return carryOut(change, context, work, "resumed");
          });
          return outcomeOf(answer);
        } finally {
          claimed();
        }
      },
      failure: (error) => outcomeOf(errorAnswer(toDavError(error, change.method), change.method)),
    };
  }, interrupted);
  await Promise.all(ready);
  await context.tree.recovered?.(resumed);
  sweep();
  return resumed.size;
}

/**
 * Methods that may be sent again where nobody knows whether they were done (RFC 9110 §9.2.2): their repetition ends as
 * the first try would have. That of MKCOL would not (405).
 */
const repeatable: ReadonlySet<string> = new Set(["PUT", "DELETE", "PROPPATCH", "UNLOCK", "COPY", "MOVE"]);

/** A 503 says to try again: whoever repeats such a request, its key included, has it run anew. */
function interrupted({ kind }: JournalEntry): Outcome {
  const message = "the server ended while it worked on this; what was done is not known.";
  const error = repeatable.has(kind)
    ? new DavError(503, `${message} It is safe to send the request again.`, {
        fields: { "Retry-After": "1" },
      })
    : new DavError(500, `${message} Look at what is there before you send the request again.`);
  return outcomeOf(errorAnswer(error, kind));
}
