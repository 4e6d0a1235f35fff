/** What COPY and MOVE have in common: two ends, Overwrite, and what may not be done (RFC 4918 §9.8, §9.9). */
import { DavError, isWithin, memberPath, nameOf, parentOf, type ResourcePath, rebase } from "@meanwhile/dav";
import { requireIf } from "../conditions/if-evaluation.ts";
import type { ServerContext } from "../context.ts";
import { requireTokens, requireTokensBelow, type Submission } from "../locks/locking.ts";
import { requireCreatableName, requireWrite } from "../methods/change.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { type Sighting, TreeError } from "../store.ts";
import { fromTreeError } from "./tree-status.ts";

export interface Transfer {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  /** Whether the destination's URL ended in a slash, as only a collection's does (RFC 4918 §5.2). */
  readonly namesCollection: boolean;
  readonly overwrite: boolean;
  /** A MOVE that only spells the name of its source in another way, where both spellings name it. */
  readonly respells: boolean;
}

/**
 * Parses the two ends and refuses what can be refused without looking at the tree. Who may not read the source may not
 * take it to where it could be read.
 */
export function parseTransfer(request: DavRequest, context: ServerContext): Transfer {
  const source = request.path;
  const { path: given, trailingSlash } = request.fields.destination(request);
  const listed = request.destination ?? given;
  const parent = parentOf(listed);
  const respells =
    request.method === "MOVE" &&
    listed === source &&
    parent !== undefined &&
    nameOf(given) !== nameOf(source);
  const destination = respells ? memberPath(parent, nameOf(given)) : listed;
  const overwrite = request.fields.overwrite;
  if (!context.access.may(request.principal, "read", source))
    throw new DavError(403, "you may not read this");
  requireWrite(context, request, [destination]);
  if (source === destination) throw new DavError(403, "source and destination are the same");
  if (destination === "/") throw new DavError(403, "the root cannot be replaced");
  return { source, destination, namesCollection: trailingSlash, overwrite, respells };
}

/**
 * Refuses what the destination forbids: it exists and Overwrite is F (412), it is locked (423), it has members that
 * the principal may not replace (403), its parent is missing (409), it lies above the source (403).
 * @returns what is there now, its members seen
 */
export async function judgeDestination(
  request: DavRequest,
  context: ServerContext,
  { source, destination, namesCollection, overwrite, respells }: Transfer,
  by: Submission,
): Promise<Sighting> {
  const { tree, locks } = context;
  const sighting = await tree.see(destination, { members: overwrite && !respells });
  // What is found under the new spelling is the source itself.
  const resource = respells ? undefined : sighting.resource;
  const parent = parentOf(destination);
  // A lock on a collection protects it from "MOVE an internal member into the collection" and "COPY an internal member
  // into a collection" (§7.4), be there a member of that name already or not.
  const touched = parent === undefined ? [destination] : [destination, parent];
  if (!resource) {
    requireCreatableName(destination);
    if (parent !== undefined) {
      if ((await tree.lookup(parent))?.kind !== "collection")
        throw fromTreeError(missingParent(), request.method);
      requireWrite(context, request, [parent]);
    }
    await requireRightsBelow(request, context, source, destination);
    await requireTokens(locks, touched, by);
    return { ...sighting, resource };
  }
  // "If the Overwrite header is F and the destination is mapped, the server MUST fail with 412" (§9.8.4, §9.9.3).
  if (!overwrite) throw new DavError(412, "the destination exists, and Overwrite is F");
  // A condition on it holds for what was seen just now: that is compared once more when it is replaced.
  await requireIf(request.fields.if, request, context);
  // It would be lost although the request did not name it.
  if (namesCollection && resource.kind === "document") {
    throw new DavError(409, "the destination's URL ends in a slash, but a file is there");
  }
  // Replacing an ancestor would remove the source before it was transferred.
  if (isWithin(source, destination)) throw new DavError(403, "the destination contains the source");
  await requireRightsBelow(request, context, source, destination);
  await requireTokens(locks, touched, by);
  await requireTokensBelow(locks, destination, by);
  return sighting;
}

/** Refuses where a member would be replaced, or come to be, at a place that the principal may not write. */
async function requireRightsBelow(
  { principal }: DavRequest,
  { tree, access }: ServerContext,
  source: ResourcePath,
  destination: ResourcePath,
): Promise<void> {
  for (const path of access.exceptions(principal, "write", destination)) {
    if (access.may(principal, "write", path)) continue;
    if ((await tree.lookup(path)) || (await tree.lookup(rebase(path, destination, source)))) {
      throw new DavError(403, "you may not write everything at the destination");
    }
  }
}

function missingParent(): TreeError {
  return new TreeError("parent-missing");
}
