import { join } from "node:path";
import {
  type ChangeOptions,
  ConnectionError,
  type DavClient,
  HttpError,
  OutcomeUnknownError,
} from "@meanwhile/client";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { strongTag } from "../local/part-name.ts";
import { defaultUploadsDirectory } from "../local/state-place.ts";
import type { Platform } from "../places.ts";
import { sameRemote } from "../plan/compare-document.ts";
import type { MemberPlace, Removal } from "../plan/folder-plan.ts";
import { isGone, lookAtRemote } from "../remote/remote-facts.ts";
import type { FolderDestination } from "./carry-out.ts";
import type { FolderRun } from "./folder-run.ts";
import type { Counting } from "./folder-tally.ts";
import { uploadFile } from "./upload-file.ts";

export interface UploadDestinationOptions {
  readonly client: DavClient;
  readonly run: FolderRun;
  readonly surroundings: Pick<FolderSurroundings, "fileSystem"> & Platform;
  /** The real path of the local folder. */
  readonly folder: string;
  readonly options: Pick<ChangeOptions, "idleTimeoutMs" | "lockTokens">;
}

/** A collection of a server, to which local content goes. */
export function uploadDestination(to: UploadDestinationOptions): FolderDestination {
  const { client, run, folder, options } = to;
  const { fileSystem } = to.surroundings;
  return {
    create: (place) => createRemoteCollection(to, new URL(place.href)),
    async transfer({ local, href, source, replaced, before }, counting) {
      const { size = 0, modifiedMs = 0 } = source;
      const url = new URL(href);
      const file = join(folder, local);
      const { remote, sent } = await uploadFile({
        ...{ client, run, fileSystem, file, size, modifiedMs, url, replaced, before, options, counting },
        uploadsDirectory: defaultUploadsDirectory(to.surroundings),
      });
      return { record: { localSize: size, localModifiedMs: modifiedMs, remote }, sent };
    },
    remove: (removal, counting) => removeRemote(to, removal, counting),
    removalOrder: withoutMembers,
  };
}

/** Creates a collection; false where there was one already. */
export async function createRemoteCollection(
  { client, run, options }: Pick<UploadDestinationOptions, "client" | "run" | "options">,
  url: URL,
): Promise<boolean> {
  try {
    await client.mkdir(url, { ...options, signal: run.signal });
    return true;
  } catch (error) {
    if (run.signal.aborted) throw error;
    // RFC 4918 §9.3.1: "405 (Method Not Allowed) - MKCOL can only be executed on an unmapped URL."
    const exists = error instanceof HttpError && error.status === 405;
    if (!exists && !isUnknown(error)) throw error;
    const there = await lookAtRemote(client, url, { signal: run.signal });
    if (there.kind === "collection") return !exists;
    throw error;
  }
}

async function removeRemote(
  to: UploadDestinationOptions,
  { href, kind, facts }: Removal,
  counting: Counting,
): Promise<boolean> {
  const { client, run, options } = to;
  const url = new URL(href);
  const ifMatch = kind === "document" ? strongTag(facts.etag) : undefined;
  const ask = (conditions: { readonly ifMatch?: string }): Promise<unknown> =>
    run.follow(
      (signal) => client.delete(url, { ...options, ...conditions, signal }),
      ({ stage, done, total }) => {
        if (stage === "processing") counting.processing(done, total);
      },
    );
  try {
    await ask(ifMatch === undefined ? {} : { ifMatch });
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    const refused = error instanceof HttpError && error.status === 412;
    if (!refused && !isUnknown(error)) throw error;
    const there = await lookAtRemote(client, url, { signal: run.signal });
    if (there.kind === "nothing") return true;
    if (!refused) throw error;
    if (there.kind !== "document" || !sameRemote(there.facts, facts)) {
      const message = "it was changed at the server meanwhile";
      throw new MemberError("changed-meanwhile", message, { cause: error });
    }
    // A server that refuses what is as it says itself does not understand the condition.
    await ask({});
    return true;
  }
}

/** Whether it may have been done. */
function isUnknown(error: unknown): boolean {
  return error instanceof OutcomeUnknownError || (error instanceof ConnectionError && error.mayHaveArrived);
}

/** What is in a collection that goes, goes with it in one request (RFC 4918 §9.6.1). */
function withoutMembers(removals: readonly Removal[]): readonly Removal[] {
  const collections = new Set<string>();
  const tops: Removal[] = [];
  for (const removal of removals) {
    if (!isWithin(removal, collections)) tops.push(removal);
    if (removal.kind === "collection") collections.add(removal.path);
  }
  return tops;
}

function isWithin({ path }: MemberPlace, collections: ReadonlySet<string>): boolean {
  const cut = path.lastIndexOf("/");
  return cut > 0 && collections.has(path.slice(0, cut));
}
