/** Which members of a collection its reader gets to see. */
import { memberPath, parentOf, type ResourcePath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../request/dav-request.ts";

/** For a collection of a walk: a test for the names of its members. */
export type ShownMembers = (collection: ResourcePath) => (name: string) => boolean;

/**
 * A test for what is below the requested collection, which is readable itself: no member that the principal may
 * not read is shown, nor one where the server has its own resources. What lies below a member that is not shown is
 * not shown either, since no walk gets there.
 */
export function shownMembers(
  context: Pick<ServerContext, "access" | "isReserved">,
  request: Pick<DavRequest, "principal" | "path">,
): ShownMembers {
  const { access, isReserved } = context;
  const { principal, path: root } = request;
  const changes = access.exceptions(principal, "read", root);
  const hidden = new Set(changes.filter((path) => !access.may(principal, "read", path)));
  const withHidden = new Set([...hidden].map(parentOf));
  return (collection) => {
    // All collections above a reserved one are reserved, but for the root.
    const mayHaveReserved = collection === "/" || isReserved(collection);
    if (!mayHaveReserved && !withHidden.has(collection)) return () => true;
    return (name) => {
      const path = memberPath(collection, name);
      return !hidden.has(path) && !isReserved(path);
    };
  };
}
