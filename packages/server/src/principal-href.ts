/** The URL that names who is asking (RFC 5397 §3, RFC 3744 §2). */
import { encodePath, memberPath, parsePath, type ResourcePath } from "@meanwhile/dav/path";
import type { DavRequest } from "./dav-request.ts";

/** The collection of principals, below the prefix: no tree's resource is reached by it. */
export const principalsPath: ResourcePath = parsePath("/.meanwhile/principals");

/** Where a principal's resource is. What no name of a member may have is percent-encoded in it. */
export function principalPath(principal: string): ResourcePath {
  const name = principal.replace(
    /[%/\0]|^\.(?=\.?$)/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return memberPath(principalsPath, name);
}

/** The href of the requester's principal; undefined for an anonymous one. */
export function principalHref(request: Pick<DavRequest, "principal" | "prefix">): string | undefined {
  return request.principal === undefined
    ? undefined
    : request.prefix + encodePath(principalPath(request.principal), false);
}
