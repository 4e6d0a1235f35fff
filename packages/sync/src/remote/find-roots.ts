import type { DavClient, Patience, Place } from "@meanwhile/client";
import { asCollection, Places } from "@meanwhile/client/internal";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { isMissing } from "../local/list-local.ts";
import type { FolderRun } from "../run/folder-run.ts";
import { createRemoteCollection } from "../run/upload-destination.ts";
import { lookAtRemote } from "./remote-facts.ts";

/** The folder and the collection of which the members are transferred. */
export interface FolderRoots {
  /** Its real path; undefined where it is not there yet. */
  readonly folder: string | undefined;
  readonly collection: URL;
  /** The destination is not there, as it is only asked what would be done. */
  readonly missing: boolean;
}

export interface RootsOptions {
  readonly client: DavClient;
  readonly folder: string;
  readonly place: Place;
  readonly direction: "up" | "down";
  readonly dryRun?: boolean;
  readonly lockTokens?: readonly string[];
  readonly surroundings: FolderSurroundings;
  readonly run: FolderRun;
  readonly patience: Patience;
}

/**
 * Finds both, and creates the one that is the destination.
 *
 * @throws {MemberError} `wrong-kind` where one is a document; {@link HttpError} 404, or what the file system says, where
 *   the source is missing
 */
export async function findRoots(options: RootsOptions): Promise<FolderRoots> {
  // The source first: where that is missing nothing is created.
  if (options.direction === "up") {
    const folder = await localFolder(options);
    return { folder, ...(await remoteDestination(options)) };
  }
  const collection = await remoteSource(options);
  const folder = await localDestination(options);
  return { folder, collection, missing: folder === undefined };
}

async function localFolder({ folder, surroundings: { fileSystem } }: RootsOptions): Promise<string> {
  const real = await fileSystem.realpath(folder);
  if ((await fileSystem.stat(real)).isDirectory()) return real;
  throw new MemberError("wrong-kind", `${folder} is no folder`);
}

async function localDestination(options: RootsOptions): Promise<string | undefined> {
  const { folder, dryRun, surroundings } = options;
  const { fileSystem } = surroundings;
  try {
    return await localFolder(options);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  if (dryRun) return undefined;
  await fileSystem.mkdir(folder, { recursive: true });
  return localFolder(options);
}

async function remoteSource({ client, place, patience }: RootsOptions): Promise<URL> {
  const resource = await client.stat(place, patience);
  if (resource.collection) return asCollection(resource.url);
  throw new MemberError("wrong-kind", `${resource.url.pathname} is a file, not a folder`);
}

async function remoteDestination(
  options: RootsOptions,
): Promise<{ readonly collection: URL; readonly missing: boolean }> {
  const { client, place, patience, dryRun = false, run, lockTokens } = options;
  const collection = asCollection(new Places(client.base).url(place));
  const there = await lookAtRemote(client, collection, patience);
  if (there.kind === "document")
    throw new MemberError("wrong-kind", `${collection.pathname} is a file, not a folder`);
  if (there.kind === "collection") return { collection, missing: false };
  if (!dryRun) {
    const { idleTimeoutMs } = patience;
    const change = {
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      ...(lockTokens !== undefined && { lockTokens }),
    };
    await createRemoteCollection({ client, run, options: change }, collection);
  }
  return { collection, missing: dryRun };
}
