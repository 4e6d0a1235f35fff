/** Paths that belong to the server: status documents live there, and nothing of the tree. */
import { isWithin, memberPath, parentOf, parsePath, type ResourcePath } from "@meanwhile/dav";
import { defaultStatusPath } from "@meanwhile/middleware/internal";
import type { Tree } from "../store.ts";

export interface ReservedPaths {
  /** The collection of status documents. */
  readonly collection: ResourcePath;
  /** Where principals are, in the collection: no operation has this name. */
  readonly principals: ResourcePath;
  /** Where the page's files are, in the collection: no operation has this name. */
  readonly page: ResourcePath;
  /** Where uploads are that may be gone on with, in the collection: no operation has this name. */
  readonly uploads: ResourcePath;
  /** Where a browser begins and ends a session, in the collection: no operation has this name. */
  readonly session: ResourcePath;
  /** The collection, all below it, and the collections above it up to the root. */
  has(path: ResourcePath): boolean;
  /** What follows the collection in a path at or below it: "", or "ID", or "ID/outcome"; else undefined. */
  restOf(path: ResourcePath): string | undefined;
}

/** @throws {TypeError} `ERR_INVALID_OPERATIONS_PATH` */
export function reservedPaths(configured: string = defaultStatusPath): ReservedPaths {
  const collection = parseCollection(configured);
  const above = new Set<ResourcePath>();
  for (let path = parentOf(collection); path !== undefined && path !== "/"; path = parentOf(path)) {
    above.add(path);
  }
  return {
    collection,
    principals: memberPath(collection, "principals"),
    page: memberPath(collection, "page"),
    uploads: memberPath(collection, "uploads"),
    session: memberPath(collection, "session"),
    has: (path) => above.has(path) || isWithin(path, collection),
    restOf: (path) => (isWithin(path, collection) ? path.slice(collection.length + 1) : undefined),
  };
}

function parseCollection(configured: string): ResourcePath {
  const invalid = (cause?: unknown): TypeError =>
    Object.assign(
      new TypeError("the path of operations must begin with a slash, be a path, and not be the root", {
        cause,
      }),
      { code: "ERR_INVALID_OPERATIONS_PATH" },
    );
  let collection: ResourcePath;
  try {
    collection = parsePath(configured);
  } catch (cause) {
    throw invalid(cause);
  }
  if (collection === "/") throw invalid();
  return collection;
}

/** Something in the tree has a name that the server needs for itself. */
export class ReservedPathError extends Error {
  override readonly name = "ReservedPathError";
  readonly code = "ERR_RESERVED_PATH_EXISTS";
  /** Where it is in the tree. */
  readonly path: ResourcePath;

  constructor(path: ResourcePath) {
    super(`the tree has a resource at ${JSON.stringify(path)}, which the server needs for itself`);
    this.path = path;
  }
}

/**
 * Makes sure that nothing of the tree is where status documents are to be: nobody could reach it. Call it before the
 * first request.
 *
 * @param operationsPath as given to `createDavHandler`
 * @throws {TypeError} `ERR_INVALID_OPERATIONS_PATH`
 * @throws {ReservedPathError} where something is there, be it only a collection on the way
 * @throws {TreeError} where the tree cannot be read
 */
export async function assertNotReserved(tree: Pick<Tree, "lookup">, operationsPath?: string): Promise<void> {
  const { collection, has } = reservedPaths(operationsPath);
  let top = collection;
  for (let path = parentOf(top); path !== undefined && has(path); path = parentOf(path)) top = path;
  if (await tree.lookup(top)) throw new ReservedPathError(top);
}
