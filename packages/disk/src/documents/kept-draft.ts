/** Drafts that stay when they are left, for uploads that come in several requests. */
import { type BigIntStats, constants } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import type { KeptDraft, LeftDraft } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import { type NameOwner, reservedName } from "../paths/names.ts";
import type { Temporary } from "../placing/temporaries.ts";
import { beginNamedDraft, type DraftOptions } from "./begin-draft.ts";
import { type DraftContext, FileDraft, permissions, removeHidden } from "./file-draft.ts";
import { refuseUnlessDocument } from "./refuse-unless-document.ts";

/** Begins a draft that stays when it is left: its name tells its id. */
export async function beginKeptDraft(
  context: DraftContext,
  path: ResourcePath,
  { id, ...options }: DraftOptions & { readonly id: string },
): Promise<KeptDraft> {
  const draft = await beginNamedDraft(context, path, options, async () => keptName(context, id), true);
  try {
    await draft.syncName();
    return draft;
  } catch (error) {
    await draft.discard();
    throw error;
  }
}

/** Opens a draft that was left. Something else that has its name by now is left alone. */
export async function reopenDraft(
  context: DraftContext,
  path: ResourcePath,
  { id, mark, length }: LeftDraft,
): Promise<KeptDraft | undefined> {
  const { folder } = context;
  const { calls } = folder;
  const { directory, name } = await folder.parent(path);
  let fd: number | undefined;
  try {
    const { file } = await refuseUnlessDocument(folder, directory, name);
    const temporary = keptName(context, id);
    const found = await calls.find(directory.at(temporary.name));
    fd = isOwnFile(found) ? await calls.open(directory.at(temporary.name), reopening) : undefined;
    if (fd !== undefined && isWhole(await calls.fstat(fd), length)) {
      await calls.truncate(fd, length);
      const mode = file === undefined ? BigInt(Number(mark)) : file.mode & permissions;
      const mounted = file !== undefined && folder.mountsWithin(path).length > 0;
      const place = { path, directory, name, temporary, fd, mode, mounted, replaced: file, kept: { length } };
      const draft = new FileDraft(context, place);
      context.drafts.add(draft);
      return draft;
    }
  } catch (error) {
    if (fd !== undefined) calls.release(fd);
    directory.close();
    throw treeError(error, "parent-missing");
  }
  if (fd !== undefined) calls.release(fd);
  directory.close();
  return undefined;
}

/** Removes a draft that was left. */
export async function forgetDraft(context: DraftContext, path: ResourcePath, id: string): Promise<void> {
  const { folder } = context;
  const { directory } = await folder.parent(path);
  try {
    await removeHidden(folder, directory, keptName(context, id).name);
  } finally {
    directory.close();
  }
}

/** The name of a draft that stays, in the directory of its target: no start's, so that the next ones find it. */
export function keptDraftName({ id: owner }: NameOwner, id: string): string {
  return reservedName({ id: owner, epoch: 0 }, "upload", id);
}

function keptName({ temporaries }: DraftContext, id: string): Temporary {
  return { name: keptDraftName(temporaries.owner, id), release: () => {} };
}

const reopening = constants.O_RDWR | constants.O_NOFOLLOW;

/** Whether it can be a draft of ours: no link, and no file that has another name, too. */
function isOwnFile(stats: BigIntStats | undefined): boolean {
  return stats?.isFile() === true && stats.nlink === 1n;
}

function isWhole(stats: BigIntStats, length: number): boolean {
  return isOwnFile(stats) && stats.size >= BigInt(length);
}
