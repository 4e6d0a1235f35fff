/** The answer of a first try, for a repetition that fails only because that one succeeded. */
import type { Attendance } from "@meanwhile/middleware/internal";
import type { Operations, Outcome } from "@meanwhile/operations";
import type { Earlier } from "@meanwhile/operations/internal";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { parseTransfer } from "../trees/transfer.ts";

/** Later repetitions are new requests. */
const memoryMs = 10 * 60_000;

export interface LostSuccessOptions {
  readonly operations: Operations;
  readonly attendance: Attendance;
  readonly context: ServerContext;
}

/**
 * The kept success of an identical request whose answer nobody got, where this repetition failed with `status` for
 * its having succeeded, and what it did is still there to see; else undefined.
 */
export async function lostSuccess(
  request: DavRequest,
  status: number,
  earlier: Earlier | undefined,
  { operations, attendance, context }: LostSuccessOptions,
): Promise<Outcome | undefined> {
  if (!earlier || status < 400 || status >= 500) return undefined;
  // As it is now: it may have ended, or been delivered, while this repetition waited.
  const first = await operations.find(earlier.id);
  if (!first?.outcome || !("delivered" in first) || first.state !== "finished") return undefined;
  const { outcome, endedAtMs = 0 } = first;
  const isSuccess = outcome.status >= 200 && outcome.status < 300 && outcome.status !== 207;
  const ageMs = context.now() - endedAtMs;
  if (!isSuccess || ageMs < 0 || ageMs > memoryMs || !attendance.isLost(first)) return undefined;
  if (!(await operations.isDeserted(first.id))) return undefined;
  return (await failedForSuccess(request, status, context)) ? outcome : undefined;
}

/**
 * Whether the state of things is that which the request's success leaves, and `status` is what its repetition gets
 * there. 412 is what it gets for a condition on a resource that is gone, or that has come to be.
 */
async function failedForSuccess(
  request: DavRequest,
  status: number,
  context: ServerContext,
): Promise<boolean> {
  const { tree } = context;
  const kindAt = async (path: DavRequest["path"]) => (await tree.lookup(path))?.kind;
  switch (request.method) {
    case "DELETE":
      return (status === 404 || status === 412) && (await kindAt(request.path)) === undefined;
    case "MKCOL":
      return (status === 405 || status === 412) && (await kindAt(request.path)) === "collection";
    case "MOVE": {
      const { source, destination } = parseTransfer(request, context);
      const isThere = (await kindAt(destination)) !== undefined;
      return (status === 404 || status === 412) && isThere && (await kindAt(source)) === undefined;
    }
    case "COPY": {
      const { source, destination, overwrite } = parseTransfer(request, context);
      const isThere = (await kindAt(destination)) !== undefined;
      return status === 412 && !overwrite && isThere && (await kindAt(source)) !== undefined;
    }
    default:
      return false;
  }
}
