import { constants } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { type Awaitable, type Member, type Resource, TreeError } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import { type Found, readFacts } from "../calls/file-operations.ts";
import { collectionResource, documentResource } from "../documents/resource.ts";
import { type Entry, readEntries } from "../paths/entries.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { isReservedName } from "../paths/names.ts";
import type { DeadProperties } from "../properties/dead-properties.ts";

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
    for await (const entries of readEntries(folder.calls, directory, { withFacts: true })) {
      const members: Member[] = [];
      if (options.signal?.aborted === true) throw new TreeError("stopped");
      const possible = entries.filter((entry) => mayBeResource(folder, directory, entry));
      const facts = await factsOf(folder, directory, possible);
      for (const [at, entry] of possible.entries()) {
        const wait = folder.calls.pace.breathe();
        if (wait !== undefined) await wait;
        const found = facts === undefined ? entry.facts : readFacts(facts, at);
        const described = resourceOf(folder, directory, entry, found);
        const resource = described instanceof Promise ? await described : described;
        if (resource === undefined) continue;
        members.push(
          resource instanceof TreeError
            ? {
                name: entry.name,
                kind: entry.type === "directory" ? "collection" : "document",
                error: resource,
              }
            : { name: entry.name, resource, properties: properties?.of(entry.name, resource.kind) ?? [] },
        );
      }
      if (members.length > 0) yield members;
    }
    for (const name of properties?.unseen() ?? []) {
      if (await isAbsentIn(folder, directory, name)) options.absent(memberPath(path, name));
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

/** Undefined where the entries have them already. */
function factsOf(
  { calls }: Folder,
  directory: Directory,
  entries: readonly Entry[],
): Awaitable<BigInt64Array> | undefined {
  const [first] = entries;
  if (first === undefined || "facts" in first) return undefined;
  return calls.findAll(
    directory.self,
    entries.map(({ name }) => name),
  );
}

/** Undefined where nothing is there by now, and for what is no resource. */
function resourceOf(
  folder: Folder,
  directory: Directory,
  entry: Entry,
  facts: Found,
): Awaitable<Resource | TreeError | undefined> {
  // Absent: it was removed since the directory told its name.
  if (facts === undefined) return undefined;
  if (facts instanceof Error) return treeError(facts);
  switch (facts.mode & S_IFMT) {
    case S_IFDIR:
      return collectionResource(facts);
    case S_IFREG:
      return documentResource(facts, folder.tags.of(facts));
    case S_IFLNK:
      return throughLink(folder, directory, entry);
    default:
      return undefined;
  }
}

async function throughLink(
  folder: Folder,
  directory: Directory,
  { name }: Entry,
): Promise<Resource | TreeError | undefined> {
  try {
    const seen = await folder.lookIn(directory, name);
    seen?.close();
    return seen === undefined ? undefined : documentResource(seen.stats, folder.tags.of(seen.stats));
  } catch (error) {
    return treeError(error);
  }
}

async function isAbsentIn(folder: Folder, directory: Directory, name: string): Promise<boolean> {
  try {
    return (await folder.kindIn(directory, name)) === "absent";
  } catch {
    // What cannot be looked at is not absent.
    return false;
  }
}

const [S_IFMT, S_IFDIR, S_IFREG, S_IFLNK] = [
  BigInt(constants.S_IFMT),
  BigInt(constants.S_IFDIR),
  BigInt(constants.S_IFREG),
  BigInt(constants.S_IFLNK),
];

async function noCollection(folder: Folder, path: ResourcePath): Promise<TreeError> {
  const seen = await folder.look(path);
  seen?.close();
  return new TreeError(seen === undefined ? "not-found" : "not-a-collection");
}
