/** MOVE (RFC 4918 §9.9). */
import { DavError, isWithin } from "@meanwhile/dav";
import type { Work } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { requireTokens, requireTokensBelow } from "../locks/locking.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { refuseContent } from "../request/request-content.ts";
import { type Resource, TreeError } from "../store.ts";
import { judgeDestination, parseTransfer, type Transfer } from "../trees/transfer.ts";
import { intendAndCarryOut, intendWaiting, intentOf, type Moving } from "../trees/tree-change.ts";
import {
  type ChangeMethod,
  type Judgement,
  judge,
  loadOf,
  requireWrite,
  waitsForTurn,
  withClaims,
  withParent,
} from "./change.ts";

/**
 * Moves a resource with all below it to `Destination`: 201 where nothing was there, 204 where something was replaced, 207
 * where members failed.
 *
 * @throws {DavError} 403 for the root and into itself, 400, 412 and 423 as RFC 4918 §9.9.4 has them
 * @throws {TreeError} where the tree could not do it
 */
export const move: ChangeMethod = async (request, context) => {
  const transfer = parseTransfer(request, context);
  if (transfer.source === "/") throw new DavError(403, "the root cannot be moved");
  if (isWithin(transfer.destination, transfer.source)) {
    throw new DavError(403, "a folder cannot be moved into itself");
  }
  requireWrite(context, request, withParent(transfer.source));
  await refuseContent(request.content);
  return (work) =>
    withClaims(
      context,
      [
        { path: transfer.source, scope: "tree", mode: "exclusive" },
        { path: transfer.destination, scope: "tree", mode: "exclusive" },
      ],
      work,
      () => moveClaimed(request, context, transfer, work),
    );
};

async function moveClaimed(
  request: DavRequest,
  context: ServerContext,
  transfer: Transfer,
  work: Work,
): Promise<Answer> {
  const judgement = await judge(request, context);
  const { resource } = judgement;
  if (!resource) throw new TreeError("not-found");
  const judged = (): Promise<Moving> => judgeMove(request, context, transfer, judgement, resource);
  const waited = await waitsForTurn(work, loadOf(resource), async () => {
    await intendWaiting(await judged(), work);
  });
  if (waited) return moveClaimed(request, context, transfer, work);
  return intendAndCarryOut(await judged(), context, work);
}

async function judgeMove(
  request: DavRequest,
  context: ServerContext,
  transfer: Transfer,
  judgement: Judgement,
  resource: Resource,
): Promise<Moving> {
  const { tree, locks, access } = context;
  const { source, destination } = transfer;
  const { seen: sourceSeen, conditional, by } = judgement;
  if (resource.kind === "collection") {
    // "A client MUST NOT submit a Depth header on a MOVE on a collection with any value but infinity" (§9.9.2).
    request.fields.depth({ absent: "infinity", allowed: ["infinity"] });
  }
  // All or nothing: what is locked or forbidden inside prevents the move, and nothing changes (§9.9.4).
  await requireTokens(locks, withParent(source), by);
  await requireTokensBelow(locks, source, by);
  for (const action of ["read", "write"] as const) {
    for (const path of access.exceptions(request.principal, action, source)) {
      if (!access.may(request.principal, action, path) && (await tree.lookup(path))) {
        throw new DavError(403, "you may not move everything in this folder");
      }
    }
  }
  const { resource: replaced, seen } = await judgeDestination(request, context, transfer, by);

  const { overwrite } = transfer;
  const replaces = replaced !== undefined;
  const change: Moving = {
    method: "MOVE",
    source,
    destination,
    overwrite,
    replaces,
    seen,
    ...intentOf(request),
  };
  return conditional ? { sourceSeen, ...change } : change;
}
