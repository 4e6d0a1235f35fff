/** Locks end with the resources that they lock (RFC 4918 §6.1, §7.6). */
import type { ResourcePath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { Tree } from "../store.ts";
import { listedPath } from "../target/listed-paths.ts";

/**
 * Removes the locks whose roots are no longer there, at `path` and below: what was removed, or moved away. "A MOVE does
 * not move locks with the resource" (§7.6); locks of members that stayed stay too.
 */
export async function forgetUnmappedLocks(
  { tree, locks }: Pick<ServerContext, "tree" | "locks">,
  path: ResourcePath,
): Promise<void> {
  const within = await locks.within(path);
  if (within.length === 0) return;
  if (!(await isThere(tree, path))) return locks.removeWithin(path);
  for (const lock of within) {
    if (!(await isThere(tree, lock.root))) await locks.remove(lock.token);
  }
}

/** Removes the locks of members that a replaced destination had; its own lock stays with the URL (§7.6). */
export async function forgetReplacedLocks(
  { locks }: Pick<ServerContext, "locks">,
  destination: ResourcePath,
): Promise<void> {
  for (const lock of await locks.within(destination)) {
    if (lock.root !== destination) await locks.remove(lock.token);
  }
}

/** Whether there is a resource that is listed so: another spelling of its name is no URL that is mapped. */
async function isThere(tree: Tree, path: ResourcePath): Promise<boolean> {
  return (await listedPath(tree, path)) === path && (await tree.lookup(path)) !== undefined;
}
