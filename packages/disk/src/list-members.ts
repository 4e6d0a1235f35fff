import { memberPath, type ResourcePath } from "@meanwhile/dav/path";
import { type Member, TreeError } from "@meanwhile/server/store";
import type { DeadProperties } from "./dead-properties.ts";
import { type Entry, readEntries } from "./entries.ts";
import { isAbsent } from "./errno.ts";
import type { Directory, Folder } from "./folder.ts";
import { isReservedName } from "./names.ts";
import { collectionResource, documentResource } from "./resource.ts";

/** The members of a collection, in batches of at most 256, other work having its turn between. */
export async function* listMembers(
  folder: Folder,
  deadProperties: DeadProperties,
  path: ResourcePath,
  options: {
    readonly properties: boolean;
    readonly signal?: AbortSignal;
    /** Told of members that have dead properties and are no more. */
    absent(path: ResourcePath): void;
  },
): AsyncGenerator<readonly Member[], void, void> {
  const directory = await folder.directory(path);
  if (directory === undefined) throw await noCollection(folder, path);
  try {
    const properties = options.properties ? deadProperties.ofMembers(path) : undefined;
    for await (const entries of readEntries(folder.calls, directory)) {
      const members: Member[] = [];
      for (const entry of entries) {
        const wait = folder.calls.pace.breathe();
        if (wait !== undefined) await wait;
        if (options.signal?.aborted === true) throw new TreeError("stopped");
        const resource = await resourceOf(folder, directory, entry);
        if (resource === undefined) continue;
        members.push({
          name: entry.name,
          resource,
          properties: properties?.of(entry.name, resource.kind) ?? [],
        });
      }
      if (members.length > 0) yield members;
    }
    for (const name of properties?.unseen() ?? []) {
      if ((await folder.kindIn(directory, name)) === "absent") options.absent(memberPath(path, name));
    }
  } finally {
    directory.close();
  }
}

/** Whether an entry can be a resource at all, as far as its name and its place tell. */
export function mayBeResource(folder: Folder, directory: Directory, entry: Entry): boolean {
  if (!entry.reachable || entry.type === "other" || isReservedName(entry.name)) return false;
  return folder.state === undefined || memberPath(directory.path, entry.name) !== folder.state;
}

async function resourceOf(
  folder: Folder,
  directory: Directory,
  entry: Entry,
): Promise<Member["resource"] | undefined> {
  if (!mayBeResource(folder, directory, entry)) return undefined;
  if (entry.type === "link") {
    const seen = await folder.lookIn(directory, entry.name);
    seen?.close();
    return seen === undefined ? undefined : documentResource(seen.stats);
  }
  try {
    const looked = folder.calls.lstat(directory.at(entry.name));
    const stats = looked instanceof Promise ? await looked : looked;
    if (stats.isDirectory()) return collectionResource(stats);
    return stats.isFile() ? documentResource(stats) : undefined;
  } catch (error) {
    // It was removed since the directory told its name.
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function noCollection(folder: Folder, path: ResourcePath): Promise<TreeError> {
  const seen = await folder.look(path);
  seen?.close();
  return new TreeError(seen === undefined ? "not-found" : "not-a-collection");
}
