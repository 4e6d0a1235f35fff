/** Which names an answer may tell: none that a listing would not show its reader. */
import { isWithin, parentOf, type ResourcePath } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";

/** What stands for a path in an answer. */
export type ToldPath = (path: ResourcePath) => ResourcePath;

/**
 * A path below one that the request named is told where its principal may read it and all above it, as far as that one; else
 * the nearest one above it that may be told stands for it. All other paths are told: the request named what is above its own.
 *
 * @param named what the request named: its target, its destination
 */
export function toldPaths(
  { access }: Pick<ServerContext, "access">,
  principal: string | undefined,
  named: readonly ResourcePath[],
): ToldPath {
  const readable = (path: ResourcePath): boolean => access.may(principal, "read", path);
  const isWhole = named.every(
    (path) => readable(path) && access.exceptions(principal, "read", path).length === 0,
  );
  if (isWhole) return (path) => path;
  return (path) => {
    const top = named.find((one) => isWithin(path, one));
    let told = path;
    for (let at = path; top !== undefined && at !== top; ) {
      const above = parentOf(at);
      if (above === undefined) break;
      if (!readable(at)) told = above;
      at = above;
    }
    // Members of a collection that is not shown itself are not either.
    return top !== undefined && !readable(top) ? top : told;
  };
}
