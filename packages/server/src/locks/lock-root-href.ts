/** How the root of a lock is told to clients (RFC 4918 §14.12, §16). */
import { encodePath, type Href, type ResourcePath } from "@meanwhile/dav";
import { type Tree, TreeError } from "../store.ts";

/**
 * The href of a lock's root, as PROPFIND shows the same resource: a collection's has a trailing slash (§5.2), so that
 * clients that compare URLs find it among those that they know.
 */
export async function lockRootHref(
  tree: Pick<Tree, "lookup">,
  prefix: string,
  root: ResourcePath,
): Promise<Href> {
  return prefix + encodePath(root, await isCollection(tree, root));
}

async function isCollection(tree: Pick<Tree, "lookup">, path: ResourcePath): Promise<boolean> {
  try {
    return (await tree.lookup(path))?.kind === "collection";
  } catch (error) {
    // What cannot be looked at is still locked, and that is what the client is to hear of.
    if (error instanceof TreeError) return false;
    throw error;
  }
}
