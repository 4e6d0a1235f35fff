/** Paths that belong to the server: status documents live there, and nothing of the tree. */
import { isWithin, memberPath, parentOf, parsePath, type ResourcePath } from "@meanwhile/dav";
import { defaultStatusPath } from "@meanwhile/middleware/internal";
import type { Tree } from "../store.ts";

/** What the server has of its own at a reserved path. */
export interface OwnPlace {
  /** "operations": a status document, their collection, one above it, or nothing that is anything. */
  readonly kind: "operations" | (typeof ownKinds)[number];
  /** What follows its kind in the path: "", or "app.js". Of "operations" {@link ReservedPaths.restOf} tells it. */
  readonly rest: string;
}

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
  /** Whose place a path is; undefined where it is the tree's. */
  at(path: ResourcePath): OwnPlace | undefined;
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
  const below = (kind: OwnPlace["kind"]): ResourcePath => memberPath(collection, kind);
  const has = (path: ResourcePath): boolean => isWithin(path, collection) || above.has(path);
  const restOf = (path: ResourcePath): string | undefined =>
    isWithin(path, collection) ? path.slice(collection.length + 1) : undefined;
  return {
    collection,
    principals: below("principals"),
    page: below("page"),
    uploads: below("uploads"),
    session: below("session"),
    has,
    restOf,
    at(path) {
      if (!has(path)) return undefined;
      const [first = "", ...rest] = restOf(path)?.split("/") ?? [];
      const kind = ownKinds.find((one) => one === first);
      return kind === undefined ? { kind: "operations", rest: "" } : { kind, rest: rest.join("/") };
    },
  };
}

const ownKinds = ["principals", "page", "uploads", "session"] as const;

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
