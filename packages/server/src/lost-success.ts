/** The answer of a first try, for a repetition that fails only because that one succeeded. */
import type { Attendance } from "@meanwhile/middleware";
import type { JournalEntry, Operation, Outcome } from "@meanwhile/operations";
import type { Answer } from "./answer.ts";
import type { DavRequest } from "./dav-request.ts";

/** Later repetitions are new requests. */
const memoryMs = 10 * 60_000;

/** What a repetition gets because the first try has changed what it looks at: the source is gone, the target there. */
const failuresOfSuccess: ReadonlySet<number> = new Set([404, 405, 409, 412, 423]);

/**
 * The kept success of an identical request whose answer was not delivered, where this repetition failed for its
 * having succeeded; else undefined. Only MOVE, DELETE, MKCOL, and COPY with Overwrite F fail for that.
 */
export function lostSuccess(
  request: DavRequest,
  answer: Answer,
  earlier: Operation | JournalEntry | undefined,
  attendance: Attendance,
  nowMs: number,
): Outcome | undefined {
  if (!earlier?.outcome || !failuresOfSuccess.has(answer.status) || !failsForSuccess(request))
    return undefined;
  const { outcome, endedAtMs = 0, state } = earlier;
  const isSuccess = outcome.status >= 200 && outcome.status < 300 && outcome.status !== 207;
  const isFresh = nowMs >= endedAtMs && nowMs - endedAtMs <= memoryMs;
  const lost = attendance.isLost(earlier.id, {
    delivered: "delivered" in earlier && earlier.delivered === true,
  });
  return state === "finished" && isSuccess && isFresh && lost ? outcome : undefined;
}

function failsForSuccess({ method, headers }: DavRequest): boolean {
  if (method === "COPY") return headers["overwrite"] === "F";
  return method === "MOVE" || method === "DELETE" || method === "MKCOL";
}
