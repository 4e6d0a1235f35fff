/** DELETE (RFC 4918 §9.6). */
import { parseDepth } from "@meanwhile/dav/depth";
import { DavError, locked } from "@meanwhile/dav/error";
import { encodePath, isWithin, type ResourcePath } from "@meanwhile/dav/path";
import type { Work } from "@meanwhile/operations";
import { type Answer, empty } from "../answer.ts";
import { type ChangeMethod, judge, requireWrite, single, withClaims, withParent } from "../change.ts";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../dav-request.ts";
import { forgetUnmappedLocks } from "../forget-locks.ts";
import { lockedBelow, requireTokens } from "../locking.ts";
import { refuseContent } from "../request-content.ts";
import { TreeError } from "../store.ts";
import { failuresAnswer, treeWork } from "../tree-work.ts";

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
  const { tree, locks, access } = context;
  const { path } = request;
  const { resource, by } = await judge(request, context);
  if (!resource) throw new TreeError("not-found");
  if (resource.kind === "collection") {
    // "A client MUST NOT submit a Depth header with a DELETE on a collection with any value but infinity" (§9.6.1).
    parseDepth(single(request.headers["depth"]), { absent: "infinity", allowed: ["infinity"] });
  }
  await requireTokens(locks, withParent(path), by);

  const stuck = await lockedBelow(locks, path, by);
  const forbidden = access
    .exceptions(request.principal, "write", path)
    .filter((exception) => !access.may(request.principal, "write", exception));
  const skipped = new Set<ResourcePath>([...stuck.map(({ root }) => root), ...forbidden]);
  const { treeWork: steps, failures, fail } = treeWork(request, work, skipped, 200);
  for (const root of outermost(skipped)) {
    const member = await tree.lookup(root);
    if (!member) continue;
    const error = stuck.some((lock) => lock.root === root)
      ? locked([request.prefix + encodePath(root, member.kind === "collection")])
      : new DavError(403, "you may not delete this");
    fail({ path: root, kind: member.kind, error });
  }

  try {
    await tree.remove(path, steps);
  } finally {
    // Also where it was stopped half-way: what is gone has no locks.
    await forgetUnmappedLocks(context, path);
  }
  if (failures.length === 0) return empty(204);
  const [only] = failures;
  // "The 207 is for a resource other than the one that the Request-URI names" (§9.6.1).
  if (only && failures.length === 1 && only.path === path) throw only.error;
  return failuresAnswer(request, failures);
}

/** Skipped paths with no other skipped path above them. */
function outermost(paths: ReadonlySet<ResourcePath>): readonly ResourcePath[] {
  return [...paths].filter((path) => ![...paths].some((other) => other !== path && isWithin(path, other)));
}
