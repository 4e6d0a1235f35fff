import { constants } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import {
  type Awaitable,
  type CollectionResource,
  type DocumentResource,
  type Member,
  type ReadMember,
  type Resource,
  TreeError,
} from "@meanwhile/server/store";
import type { NameType } from "../calls/directory-names.ts";
import { treeError } from "../calls/errno.ts";
import type { NameBatch } from "../calls/file-operations.ts";
import { factsAt, type ManyFacts, type MemberFacts } from "../calls/many-facts.ts";
import { documentResource } from "../documents/resource.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { mayBeNamed } from "../paths/names.ts";
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
    const tell = (name: string, type: NameType | undefined, resource: Resource | TreeError): Member =>
      resource instanceof TreeError
        ? { name, kind: type === "directory" ? "collection" : "document", error: resource }
        : {
            name,
            resource,
            properties: properties === undefined ? noProperties : properties.of(name, resource.kind),
          };
    for await (const batch of folder.calls.readNames(directory.self, { withFacts: true })) {
      if (options.signal?.aborted === true) throw new TreeError("stopped");
      const wait = folder.calls.pace.breathe();
      if (wait !== undefined) await wait;
      const possible = possibleIn(folder, directory, batch);
      const facts = batch.facts ?? (await findPossible(folder, directory, possible));
      const members: Member[] = [];
      for (const [index, { name, at }] of possible.entries()) {
        const found = factsAt(facts, batch.facts === undefined ? index : at);
        const described = resourceOf(folder, directory, name, found);
        const resource = described instanceof Promise ? await described : described;
        if (resource !== undefined) members.push(tell(name, batch.types[at], resource));
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

/** A name that can be that of a resource, and where in its batch it is. */
interface Possible {
  readonly name: string;
  readonly at: number;
}

function possibleIn(folder: Folder, directory: Directory, { names, types }: NameBatch): readonly Possible[] {
  const possible: Possible[] = [];
  for (const [at, name] of names.entries()) {
    if (typeof name === "string" && types[at] !== "other" && mayBeNamed(folder.state, directory.path, name)) {
      possible.push({ name, at });
    }
  }
  return possible;
}

function findPossible(
  { calls }: Folder,
  directory: Directory,
  possible: readonly Possible[],
): Awaitable<ManyFacts> {
  return calls.findAll(
    directory.self,
    possible.map(({ name }) => name),
  );
}

/** Undefined where nothing is there by now, and for what is no resource. */
function resourceOf(
  folder: Folder,
  directory: Directory,
  name: string,
  facts: ReturnType<typeof factsAt>,
): Awaitable<Resource | TreeError | undefined> {
  // Absent: it was removed since the directory told its name.
  if (facts === undefined) return undefined;
  if (facts instanceof Error) return treeError(facts);
  switch (facts.mode & S_IFMT) {
    case S_IFDIR:
      return listedCollection(facts);
    case S_IFREG:
      return listedDocument(facts, folder.tags.ofUnmoved(facts.tag));
    case S_IFLNK:
      return throughLink(folder, directory, name);
    default:
      return undefined;
  }
}

function listedCollection({ modifiedMs, changedMs, createdMs }: MemberFacts): CollectionResource {
  return { kind: "collection", modifiedMs, changedMs, createdMs: createdMs > 0 ? createdMs : undefined };
}

function listedDocument(
  { size, modifiedMs, changedMs, createdMs }: MemberFacts,
  etag: string,
): DocumentResource {
  return {
    kind: "document",
    length: size,
    modifiedMs,
    changedMs,
    createdMs: createdMs > 0 ? createdMs : undefined,
    etag,
  };
}

async function throughLink(
  folder: Folder,
  directory: Directory,
  name: string,
): Promise<Resource | TreeError | undefined> {
  try {
    const wait = folder.calls.pace.breathe();
    if (wait !== undefined) await wait;
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

const { S_IFMT, S_IFDIR, S_IFREG, S_IFLNK } = constants;
const noProperties: ReadMember["properties"] = [];

async function noCollection(folder: Folder, path: ResourcePath): Promise<TreeError> {
  const seen = await folder.look(path);
  seen?.close();
  return new TreeError(seen === undefined ? "not-found" : "not-a-collection");
}
