import { isWithin, type ResourcePath } from "@meanwhile/dav/path";
import { TreeError } from "@meanwhile/server/store";
import type { Directory, Folder, NameKind } from "./folder.ts";

/** Where a COPY or MOVE puts its result. */
export interface Destination {
  readonly directory: Directory;
  readonly name: string;
  readonly standing: Exclude<NameKind, "hidden">;
}

/** Holds the collection of a destination, and judges what is there. Fails with "exists", "name-refused", "denied". */
export async function holdDestination(
  folder: Folder,
  path: ResourcePath,
  options: { readonly replace: boolean },
): Promise<Destination> {
  if (path === "/") throw new TreeError(options.replace ? "denied" : "exists");
  const { directory, name } = await folder.parent(path);
  try {
    const standing = await folder.kindIn(directory, name);
    if (standing === "hidden")
      throw new TreeError("name-refused", "something that is no resource has this name");
    if (standing !== "absent" && !options.replace) throw new TreeError("exists");
    refuseState(folder, path);
    return { directory, name, standing };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Fails with "denied" where the state directory lies within the resource: it stays where it is. */
export function refuseState(folder: Folder, path: ResourcePath): void {
  if (folder.state !== undefined && isWithin(folder.state, path)) {
    throw new TreeError("denied", "the state directory is in this collection");
  }
}

/** Holds the collection that an existing resource is a member of. Fails with "not-found", "denied" for the root. */
export async function holdSource(
  folder: Folder,
  path: ResourcePath,
): Promise<{
  readonly directory: Directory;
  readonly name: string;
  readonly kind: "collection" | "document";
}> {
  if (path === "/") throw new TreeError("denied", "the root of the tree stays as it is");
  if (!folder.reaches(path)) throw new TreeError("not-found");
  const { directory, name } = await absentParent(folder.parent(path));
  try {
    const kind = await folder.kindIn(directory, name);
    if (kind === "absent" || kind === "hidden") throw new TreeError("not-found");
    return { directory, name, kind };
  } catch (error) {
    directory.close();
    throw error;
  }
}

async function absentParent<T>(parent: Promise<T>): Promise<T> {
  try {
    return await parent;
  } catch (error) {
    if (error instanceof TreeError && error.code === "parent-missing") {
      throw new TreeError("not-found", undefined, { cause: error });
    }
    throw error;
  }
}
