import { dirname, join } from "node:path";
import type { DavClient } from "@meanwhile/client";
import { receiveFile } from "../documents/receive-file.ts";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { errorCode, isMissing } from "../local/list-local.ts";
import { isPartName } from "../local/part-name.ts";
import { sameTag } from "../plan/compare-document.ts";
import type { DocumentFacts } from "../plan/folder-member.ts";
import type { MemberPlace, Removal } from "../plan/folder-plan.ts";
import type { FolderDestination } from "./carry-out.ts";
import type { FolderRun } from "./folder-run.ts";

export interface DownloadDestinationOptions {
  readonly client: DavClient;
  readonly run: FolderRun;
  readonly surroundings: FolderSurroundings;
  /** The real path of the local folder. */
  readonly folder: string;
  readonly idleTimeoutMs: number | undefined;
}

/** A local folder, to which the content of a server goes. */
export function downloadDestination(to: DownloadDestinationOptions): FolderDestination {
  const { client, run, surroundings, folder, idleTimeoutMs } = to;
  const patience = { signal: run.signal, ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) };
  return {
    create: (place) => createLocalFolder(to, place),
    async transfer({ local, href, source, replaced }, counting) {
      const received = await receiveFile({
        client,
        surroundings,
        url: new URL(href),
        facts: source,
        folder: await realParent(to, local),
        name: local.slice(local.lastIndexOf("/") + 1),
        replaced:
          replaced === undefined
            ? "nothing"
            : { size: replaced.size ?? 0, modifiedMs: replaced.modifiedMs ?? 0 },
        patience,
        tell: counting.bytes,
      });
      const { size, modifiedMs } = received;
      const remote = listed(source, received.remote);
      return { record: { localSize: size, localModifiedMs: modifiedMs, remote }, sent: true };
    },
    remove: (removal) => removeLocal(to, removal),
    removalOrder: (removals) => removals.toReversed(),
  };

  async function createLocalFolder(
    { surroundings: { fileSystem } }: DownloadDestinationOptions,
    { local }: MemberPlace,
  ): Promise<boolean> {
    await realParent(to, local);
    try {
      await fileSystem.mkdir(join(folder, local));
      return true;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
      if ((await fileSystem.lstat(join(folder, local))).isDirectory()) return false;
      throw error;
    }
  }
}

/** What the next listing is to be compared with. Some servers give other entity tags with the content than in a listing. */
function listed(source: DocumentFacts, received: DocumentFacts): DocumentFacts {
  const { etag, ...rest } = received;
  return etag !== undefined && sameTag(etag, source.etag) ? { ...rest, etag } : rest;
}

/**
 * The folder that a member is in. No symbolic link leads to it: whoever puts one on the way after we looked must not
 * make us write elsewhere.
 */
async function realParent(
  { surroundings: { fileSystem }, folder }: DownloadDestinationOptions,
  local: string,
): Promise<string> {
  const parent = dirname(join(folder, local));
  const real = await fileSystem.realpath(parent);
  // Some file systems tell names in another normalization form than they were given.
  if (real.normalize("NFC") === parent.normalize("NFC")) return parent;
  throw new MemberError("symbolic-link", "a symbolic link is on the way to it, which is not followed");
}

async function removeLocal(
  to: DownloadDestinationOptions,
  { local, kind, facts }: Removal,
): Promise<boolean> {
  const { fileSystem } = to.surroundings;
  const path = join(to.folder, local);
  try {
    await realParent(to, local);
    if (kind === "collection") return await removeFolder(to, path);
    const there = await fileSystem.lstat(path);
    const same =
      there.isFile() && there.size === facts.size && Math.floor(there.mtimeMs) === facts.modifiedMs;
    if (!same) throw new MemberError("changed-meanwhile", "it was changed here meanwhile");
    await fileSystem.unlink(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Only an empty one goes, so nothing that came meanwhile is lost; unfinished downloads count for nothing. */
async function removeFolder(to: DownloadDestinationOptions, path: string): Promise<boolean> {
  const { fileSystem } = to.surroundings;
  try {
    await fileSystem.rmdir(path);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    for await (const { name } of await fileSystem.opendir(path)) {
      if (isPartName(name)) await fileSystem.unlink(join(path, name));
    }
    await fileSystem.rmdir(path);
  }
  return true;
}
