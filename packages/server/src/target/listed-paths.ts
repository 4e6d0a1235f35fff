/** One path for each resource, however a request spells it. */
import { DavError, type ResourcePath } from "@meanwhile/dav";
import type { DavRequest } from "../request/dav-request.ts";
import type { RequestFields } from "../request/request-fields.ts";
import type { Awaitable, Tree } from "../store.ts";

/** {@link Tree.listed}, for any tree. */
export async function listedPath(tree: Pick<Tree, "listed">, path: ResourcePath): Promise<ResourcePath> {
  return (await tree.listed?.(path)) ?? path;
}

/** The paths that a request names, as the tree lists them. */
export function listedPaths(
  tree: Pick<Tree, "listed">,
  path: ResourcePath,
  fields: RequestFields,
  mounted: Pick<DavRequest, "origin" | "prefix">,
): Awaitable<Pick<DavRequest, "path" | "destination">> {
  if (tree.listed === undefined) return { path };
  const given = fields.hasDestination ? destinationOf(fields, mounted) : undefined;
  const listed = tree.listed(path);
  return listed instanceof Promise || given !== undefined ? both(tree, listed, given) : { path: listed };
}

async function both(
  tree: Pick<Tree, "listed">,
  path: Awaitable<ResourcePath>,
  destination: ResourcePath | undefined,
): Promise<Pick<DavRequest, "path" | "destination">> {
  return {
    path: await path,
    ...(destination === undefined ? {} : { destination: await listedPath(tree, destination) }),
  };
}

/** What is wrong with the header is for its methods to say. */
function destinationOf(
  fields: RequestFields,
  request: Pick<DavRequest, "origin" | "prefix">,
): ResourcePath | undefined {
  try {
    return fields.destination(request).path;
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}
