/** Requests for what the server itself has in a reserved collection, before anybody is asked who they are. */
import { DavError, isWithin, parsePath, type ResourcePath } from "@meanwhile/dav";
import type { AnyRequest } from "@meanwhile/interim";
import { type Mount, parseTarget } from "./mount.ts";

/**
 * What follows a reserved path in a request's target, "" where it is that path; undefined where the target is elsewhere, or
 * is not understood.
 */
export function nameBelow(request: AnyRequest, mount: Mount, reserved: ResourcePath): string | undefined {
  // Most requests are for something else: they are not looked at any further.
  if (request.url?.includes(reserved.slice(reserved.lastIndexOf("/"))) !== true) return undefined;
  try {
    const path = parsePath(parseTarget(request, mount).path);
    return isWithin(path, reserved) ? path.slice(reserved.length + 1) : undefined;
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}
