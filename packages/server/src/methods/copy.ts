/** COPY (RFC 4918 §9.8). */
import { DavError, isWithin, type ResourcePath } from "@meanwhile/dav";
import type { Work } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { toldPaths } from "../listing/told-paths.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { refuseContent } from "../request/request-content.ts";
import { type Resource, TreeError } from "../store.ts";
import { judgeDestination, parseTransfer, type Transfer } from "../trees/transfer.ts";
import {
  type Copying,
  intendAndCarryOut,
  intendWaiting,
  intentOf,
  namedBy,
  nothingPlaced,
} from "../trees/tree-change.ts";
import { type MemberFailure, type MemberFailures, toldFailures } from "../trees/tree-work.ts";
import { type ChangeMethod, type Judgement, judge, loadOf, waitsForTurn, withClaims } from "./change.ts";

/**
 * Copies a resource to `Destination`, with all below it unless `Depth` is 0. 201 where nothing was there, 204 where something
 * was replaced, 207 where members failed.
 *
 * @throws {DavError} 400 for malformed fields or content, 403, 412 and 423 as RFC 4918 §9.8.5 has them
 * @throws {TreeError} where the tree could not do it
 */
export const copy: ChangeMethod = async (request, context) => {
  const transfer = parseTransfer(request, context);
  const depth = request.fields.depth({
    absent: "infinity",
    allowed: ["0", "infinity"],
  });
  await refuseContent(request.content);
  return (work) =>
    withClaims(
      context,
      [
        { path: transfer.source, scope: depth === "0" ? "member" : "tree", mode: "shared" },
        { path: transfer.destination, scope: "tree", mode: "exclusive" },
      ],
      work,
      () => copyClaimed(request, context, transfer, depth, work),
    );
};

async function copyClaimed(
  request: DavRequest,
  context: ServerContext,
  transfer: Transfer,
  depth: "0" | "infinity",
  work: Work,
): Promise<Answer> {
  const judgement = await judge(request, context);
  const { resource } = judgement;
  if (!resource) throw new TreeError("not-found");
  const judged = (): Promise<Copying> =>
    judgeCopy(request, context, transfer, { judgement, resource, depth });
  const waited = await waitsForTurn(work, loadOf(resource, depth), async () => {
    const change = await judged();
    if (!isPartialReplacement(change)) await intendWaiting(change, work);
  });
  if (waited) return copyClaimed(request, context, transfer, depth, work);
  const change = await judged();
  if (isPartialReplacement(change)) return nothingPlaced(request, known(change, request, context));
  return intendAndCarryOut(change, context, work);
}

/** What failed before the work began, as an answer tells it. */
function known(change: Copying, { principal }: DavRequest, context: ServerContext): MemberFailures {
  const { failures, add } = toldFailures(toldPaths(context, principal, namedBy(change)));
  for (const failure of change.known) add(failure);
  return failures;
}

/** Only what is whole replaces anything. */
function isPartialReplacement({ replaces, known }: Copying): boolean {
  return replaces && known.length > 0;
}

async function judgeCopy(
  request: DavRequest,
  context: ServerContext,
  transfer: Transfer,
  {
    judgement,
    resource,
    depth,
  }: { readonly judgement: Judgement; readonly resource: Resource; readonly depth: "0" | "infinity" },
): Promise<Copying> {
  const { tree, access } = context;
  const { source, destination } = transfer;
  const { seen: sourceSeen, conditional, by } = judgement;
  if (depth === "infinity" && resource.kind === "collection" && isWithin(destination, source)) {
    throw new DavError(403, "a folder cannot be copied into itself");
  }
  const { resource: replaced, seen } = await judgeDestination(request, context, transfer, by);

  const skipped: ResourcePath[] = [];
  const known: MemberFailure[] = [];
  if (depth === "infinity") {
    for (const path of access.exceptions(request.principal, "read", source)) {
      if (access.may(request.principal, "read", path)) continue;
      const member = await tree.lookup(path);
      if (!member) continue;
      skipped.push(path);
      known.push({ path, kind: member.kind, status: 403 });
    }
  }
  const { overwrite } = transfer;
  const replaces = replaced !== undefined;
  const change: Copying = {
    method: "COPY",
    source,
    destination,
    overwrite,
    replaces,
    seen,
    depth,
    skipped,
    known,
    ...intentOf(request),
  };
  return conditional ? { sourceSeen, ...change } : change;
}
