/** The URL that names who is asking (RFC 5397 §3). */
import { encodeName } from "@meanwhile/dav/path";
import type { DavRequest } from "./dav-request.ts";

/** Where principals have their URLs, below the prefix: a place that no tree's resource is reached by. */
export const principalsPath = "/.meanwhile/principals/";

/** The href of the requester's principal; undefined for an anonymous one. */
export function principalHref(request: Pick<DavRequest, "principal" | "prefix">): string | undefined {
  return request.principal === undefined
    ? undefined
    : `${request.prefix}${principalsPath}${encodeName(request.principal)}`;
}
