/** Whether an If header holds (RFC 4918 §10.4). */

import { parseDestination } from "@meanwhile/dav/destination";
import { DavError } from "@meanwhile/dav/error";
import type { IfCondition, IfHeader } from "@meanwhile/dav/if-header";
import type { ResourcePath } from "@meanwhile/dav/path";
import type { ServerContext } from "./context.ts";
import type { DavRequest } from "./dav-request.ts";

/** @throws {DavError} 412 where no list of the header holds */
export async function requireIf(
  header: IfHeader | undefined,
  request: DavRequest,
  context: ServerContext,
): Promise<void> {
  if (!header) return;
  for (const { resource, conditions } of header.lists) {
    const path = resource === undefined ? request.path : pathOf(resource, request);
    if (await allHold(conditions, path, context)) return;
  }
  throw new DavError(412, "the If header does not hold");
}

/** undefined where the tag names no resource of this server: nothing is true of it. */
function pathOf(tag: string, request: DavRequest): ResourcePath | undefined {
  try {
    return parseDestination(tag, request).path;
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}

async function allHold(
  conditions: readonly IfCondition[],
  path: ResourcePath | undefined,
  { tree, locks }: ServerContext,
): Promise<boolean> {
  for (const condition of conditions) {
    let holds = false;
    if (path !== undefined && condition.kind === "token") {
      holds = (await locks.covering(path)).some(({ token }) => token === condition.token);
    } else if (path !== undefined && condition.kind === "etag") {
      const resource = await tree.lookup(path);
      // Ours are all strong, so equal strings are equal entity tags (RFC 9110 §8.8.3.2).
      holds = resource?.kind === "document" && resource.etag === condition.etag;
    }
    if (holds === condition.not) return false;
  }
  return true;
}
