import { type BigIntStats, constants } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { type Draft, TreeError } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import type { Temporary } from "../placing/temporaries.ts";
import { type DraftContext, FileDraft, permissions } from "./file-draft.ts";
import { refuseReadOnly } from "./refuse-read-only.ts";
import { refuseUnlessDocument } from "./refuse-unless-document.ts";

/** Documents from this size on are refused at once where they cannot fit. */
const checkedBytes = 1024 * 1024;
const ownerOnly = 0o600;

/** How a draft is begun. */
export interface DraftOptions {
  /** The announced length in bytes. */
  readonly length: number | undefined;
}

/** Begins a draft: a file with a reserved name beside its target. */
export function beginDraft(context: DraftContext, path: ResourcePath, options: DraftOptions): Promise<Draft> {
  return beginNamedDraft(context, path, options, (directory) =>
    context.temporaries.take(directory.path, "put"),
  );
}

/**
 * Begins a draft in a file that `take` names.
 * @throws {TreeError} `no-space` where a document of the announced length cannot fit, `parent-missing` without a collection
 */
export async function beginNamedDraft(
  context: DraftContext,
  path: ResourcePath,
  options: DraftOptions,
  take: (directory: Directory) => Promise<Temporary>,
  kept = false,
): Promise<FileDraft> {
  const { folder } = context;
  const { directory, name } = await folder.parent(path);
  let temporary: Temporary | undefined;
  try {
    const { file } = await refuseUnlessDocument(folder, directory, name);
    if (file !== undefined) await refuseReadOnly(folder, directory, name, file);
    const mounted = file !== undefined && folder.mountsWithin(path).length > 0;
    if (options.length !== undefined && options.length >= checkedBytes) {
      const { bavail, bsize } = await folder.calls.statfs(directory.self);
      if (bavail * bsize < BigInt(options.length)) throw new TreeError("no-space");
    }
    temporary = await take(directory);
    const { fd, mode } = await openHidden(folder, directory.at(temporary.name), file);
    const draft = new FileDraft(context, {
      path,
      directory,
      name,
      temporary,
      fd,
      mode,
      replaced: file,
      mounted,
      ...(kept ? { kept: { length: 0 } } : {}),
    });
    context.drafts.add(draft);
    return draft;
  } catch (error) {
    temporary?.release();
    directory.close();
    throw treeError(error, "parent-missing");
  }
}

/**
 * Makes the file that only its owner may read until its content is whole. What a new file may be read by is the system's
 * to say, by the process's mask or the directory's access control list: it is asked before there is any content.
 *
 * @returns the permissions that the content gets with its name
 */
async function openHidden(
  { calls }: Folder,
  at: string,
  replaced: BigIntStats | undefined,
): Promise<{ readonly fd: number; readonly mode: bigint }> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  if (replaced !== undefined) {
    return { fd: await calls.open(at, flags, ownerOnly), mode: replaced.mode & permissions };
  }
  const fd = await calls.open(at, flags);
  try {
    const { mode } = await calls.fstat(fd);
    try {
      if ((mode & permissions) !== BigInt(ownerOnly)) await calls.fchmod(fd, ownerOnly);
    } catch {
      // A file system without permissions: whoever may read the directory may read all of it.
    }
    return { fd, mode: mode & permissions };
  } catch (error) {
    await calls.close(fd);
    await calls.unlink(at);
    throw error;
  }
}
