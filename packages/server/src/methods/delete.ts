/** DELETE (RFC 4918 §9.6). */
import { DavError, encodePath, isWithin, locked, type ResourcePath } from "@meanwhile/dav";
import type { Work } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { lockedBelow, requireTokens } from "../locks/locking.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { refuseContent } from "../request/request-content.ts";
import { type Resource, TreeError } from "../store.ts";
import { intendAndCarryOut, intendWaiting, intentOf, type Removal } from "../trees/tree-change.ts";
import { type MemberFailure, memberStatus } from "../trees/tree-work.ts";
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
 * Deletes a resource with all below it: 204, or 207 where members stay.
 *
 * @throws {DavError} 403 for the root and without the right to write, 412 and 423
 * @throws {TreeError} `not-found`, and where the tree could not do it
 */
export const remove: ChangeMethod = async (request, context) => {
  if (request.path === "/") throw new DavError(403, "the root cannot be deleted");
  requireWrite(context, request, withParent(request.path));
  await refuseContent(request.content);
  return (work) =>
    withClaims(context, [{ path: request.path, scope: "tree", mode: "exclusive" }], work, () =>
      removeClaimed(request, context, work),
    );
};

async function removeClaimed(request: DavRequest, context: ServerContext, work: Work): Promise<Answer> {
  const judgement = await judge(request, context);
  const { resource } = judgement;
  if (!resource) throw new TreeError("not-found");
  const judged = (): Promise<Removal> => judgeRemoval(request, context, judgement, resource);
  const waited = await waitsForTurn(work, loadOf(resource), async () => {
    await intendWaiting(await judged(), work);
  });
  if (waited) return removeClaimed(request, context, work);
  return intendAndCarryOut(await judged(), context, work);
}

async function judgeRemoval(
  request: DavRequest,
  context: ServerContext,
  judgement: Judgement,
  resource: Resource,
): Promise<Removal> {
  const { tree, locks, access } = context;
  const { path } = request;
  const { seen, conditional, by } = judgement;
  if (resource.kind === "collection") {
    // "A client MUST NOT submit a Depth header with a DELETE on a collection with any value but infinity" (§9.6.1).
    request.fields.depth({ absent: "infinity", allowed: ["infinity"] });
  }
  await requireTokens(locks, withParent(path), by);

  const stuck = await lockedBelow(locks, path, by);
  const forbidden = access
    .exceptions(request.principal, "write", path)
    .filter((exception) => !access.may(request.principal, "write", exception));
  const skipped = outermost([...stuck.map(({ root }) => root), ...forbidden]);
  const known: MemberFailure[] = [];
  for (const root of skipped) {
    const member = await tree.lookup(root);
    if (!member) continue;
    const error = stuck.some((lock) => lock.root === root)
      ? locked([request.prefix + encodePath(root, member.kind === "collection")])
      : new DavError(403, "you may not delete this");
    known.push({ path: root, kind: member.kind, ...memberStatus(error) });
  }
  return { method: "DELETE", path, seen, conditional, skipped, known, ...intentOf(request) };
}

/** Paths with no other of them above. */
function outermost(paths: readonly ResourcePath[]): readonly ResourcePath[] {
  return [...new Set(paths)].filter(
    (path) => !paths.some((other) => other !== path && isWithin(path, other)),
  );
}
