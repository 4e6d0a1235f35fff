/** One path for each resource, however a request spells it. */
import type { IncomingHttpHeaders } from "node:http";
import { DavError, parseDestination, parsePath, type ResourcePath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import { single } from "../methods/change.ts";
import type { Awaitable, Tree } from "../store.ts";
import type { DavRequest } from "./dav-request.ts";
import type { Target } from "./mount.ts";
import type { ReservedPaths } from "./reserved.ts";

/** {@link Tree.listed}, for any tree. */
export async function listedPath(tree: Pick<Tree, "listed">, path: ResourcePath): Promise<ResourcePath> {
  return (await tree.listed?.(path)) ?? path;
}

/** The paths that a request names, as the tree lists them. */
export function listedPaths(
  target: Target,
  headers: IncomingHttpHeaders,
  { origin }: Pick<DavRequest, "origin">,
  { context, reserved }: { readonly context: Pick<ServerContext, "tree">; readonly reserved: ReservedPaths },
): Awaitable<Pick<DavRequest, "path" | "destination">> {
  const { tree } = context;
  const path = parsePath(target.path);
  if (tree.listed === undefined || reserved.has(path)) return { path };
  const given = destinationOf(single(headers["destination"]), { origin, prefix: target.prefix });
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
  value: string | undefined,
  request: Pick<DavRequest, "origin" | "prefix">,
): ResourcePath | undefined {
  if (value === undefined) return undefined;
  try {
    return parseDestination(value, request).path;
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}
