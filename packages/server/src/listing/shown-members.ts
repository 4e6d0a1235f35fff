/** Which members of a collection its reader gets to see. */
import type { ResourcePath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../request/dav-request.ts";

/**
 * A test for the paths below the requested collection, which is readable itself: no member that the principal may
 * not read is shown, nor one where the server has its own resources. What lies below a member that is not shown is
 * not shown either, since no walk gets there.
 */
export function shownMembers(
  context: Pick<ServerContext, "access" | "isReserved">,
  request: Pick<DavRequest, "principal" | "path">,
): (path: ResourcePath) => boolean {
  const { access, isReserved } = context;
  const { principal, path: root } = request;
  const changes = access.exceptions(principal, "read", root);
  if (changes.length === 0) return (path) => !isReserved(path);
  const hidden = new Set(changes.filter((path) => !access.may(principal, "read", path)));
  return (path) => !hidden.has(path) && !isReserved(path);
}
