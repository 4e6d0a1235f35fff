/** The URL that names who is asking (RFC 5397 §3, RFC 3744 §2). */
import { encodePath, memberPath, type ResourcePath } from "@meanwhile/dav";
import type { DavRequest } from "../request/dav-request.ts";

/**
 * Where a principal's resource is, in the collection of principals. What no name of a member may have is percent-encoded
 * in it.
 */
export function principalPath(principals: ResourcePath, principal: string): ResourcePath {
  const name = principal.replace(
    /[%/\0]|^\.(?=\.?$)/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return memberPath(principals, name);
}

/** The href of the requester's principal; undefined for an anonymous one. */
export function principalHref(
  request: Pick<DavRequest, "principal" | "prefix">,
  principals: ResourcePath,
): string | undefined {
  return request.principal === undefined
    ? undefined
    : request.prefix + encodePath(principalPath(principals, request.principal), false);
}
