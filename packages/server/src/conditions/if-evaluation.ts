/** Whether an If header holds (RFC 4918 §10.4). */

import {
  DavError,
  type IfCondition,
  type IfHeader,
  parseDestination,
  type ResourcePath,
} from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { listedPath } from "../target/listed-paths.ts";

/**
 * What is asked of a resource that the principal may not read is neither true nor false, so that nobody learns of it by
 * trying: a list with its entity tag fails, negated or not, and of its locks only the principal's own count.
 *
 * @throws {DavError} 412 where no list of the header holds
 */
export async function requireIf(
  header: IfHeader | undefined,
  request: DavRequest,
  context: ServerContext,
): Promise<void> {
  if (!header) return;
  for (const { resource, conditions } of header.lists) {
    const path = resource === undefined ? request.path : await listedOf(pathOf(resource, request), context);
    if (await allHold(conditions, path, request.principal, context)) return;
  }
  throw new DavError(412, "the If header does not hold");
}

/**
 * As {@link requireIf}, for a method that changes nothing: it needs no lock's token, so that conditions on them are
 * passed over, and so is a header that is malformed. What is not there is not judged: 404 says it better.
 *
 * @throws {DavError} 412
 */
export async function requireIfOfReading(request: DavRequest, context: ServerContext): Promise<void> {
  const header = readableIf(request);
  if (header === undefined) return;
  const lists = header.lists.map(({ resource, conditions }) => ({
    resource,
    conditions: conditions.filter(({ kind }) => kind === "etag"),
  }));
  try {
    await requireIf({ lists }, request, context);
  } catch (error) {
    if (await context.tree.lookup(request.path)) throw error;
  }
}

function readableIf({ fields }: DavRequest): IfHeader | undefined {
  try {
    return fields.if;
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}

async function listedOf(
  path: ResourcePath | undefined,
  { tree }: ServerContext,
): Promise<ResourcePath | undefined> {
  return path && listedPath(tree, path);
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
  principal: string | undefined,
  { tree, locks, access }: ServerContext,
): Promise<boolean> {
  const readable = path === undefined || access.may(principal, "read", path);
  for (const condition of conditions) {
    let holds = false;
    if (path !== undefined && condition.kind === "token") {
      const covering = await locks.covering(path);
      holds = covering.some(
        ({ token, principal: by }) => token === condition.token && (readable || by === principal),
      );
    } else if (path !== undefined && condition.kind === "etag") {
      if (!readable) return false;
      const resource = await tree.lookup(path);
      // Ours are all strong, so equal strings are equal entity tags (RFC 9110 §8.8.3.2).
      holds = resource?.kind === "document" && resource.etag === condition.etag;
    }
    if (holds === condition.not) return false;
  }
  return true;
}
