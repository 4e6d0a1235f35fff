import { type BigIntStats, constants } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { type CommitOptions, type Committed, type Draft, TreeError } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { placeNew } from "../placing/place-new.ts";
import { isAsSeen, parseSeen } from "../placing/see.ts";
import type { Temporaries, Temporary } from "../placing/temporaries.ts";
import type { DeadProperties } from "../properties/dead-properties.ts";
import type { FreshTags } from "./fresh-tags.ts";
import { overwrite, setModified } from "./overwrite.ts";
import { refuseReadOnly } from "./refuse-read-only.ts";
import { documentResource, toSeconds } from "./resource.ts";

export interface DraftContext {
  readonly folder: Folder;
  readonly temporaries: Temporaries;
  readonly deadProperties: DeadProperties;
  readonly freshTags: FreshTags;
  readonly clock: () => number;
  /** Drafts that are neither committed nor discarded. */
  readonly drafts: Set<FileDraft>;
}

/** Documents from this size on are refused at once where they cannot fit. */
const checkedBytes = 1024 * 1024;
const permissions = 0o777n;
const ownerOnly = 0o600;

/** Begins a draft: a file with a reserved name beside its target. */
export async function beginDraft(
  context: DraftContext,
  path: ResourcePath,
  options: { readonly length: number | undefined },
): Promise<Draft> {
  const { folder, temporaries } = context;
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
    temporary = await temporaries.take(directory.path, "put");
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
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
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

interface DraftPlace {
  readonly path: ResourcePath;
  readonly directory: Directory;
  readonly name: string;
  readonly temporary: Temporary;
  readonly fd: number;
  /** The permissions that it gets at its end. */
  readonly mode: bigint;
  /** Something is mounted at the name: its content is replaced, and not the file. */
  readonly mounted: boolean;
  /** The file that is about to be replaced, as it was when the draft began. */
  readonly replaced: BigIntStats | undefined;
}

/**
 * New content of a file.
 *
 *      write()       commit()
 *    ┌─────────┐
 *    └▶ open ──┴─▶ committing ───────▶ ended (in place)
 *          │            └─ failure ──▶ ended (forgotten)
 *          └──── discard() ──────────▶ ended (forgotten)
 *
 * The content is synced before it gets its name, and the name before the commit is told. Where only the latter fails,
 * the content is in place, and the commit fails with "not-synced".
 */
export class FileDraft implements Draft {
  readonly #context: DraftContext;
  readonly #place: DraftPlace;
  #state: "open" | "committing" | "ended" = "open";

  constructor(context: DraftContext, place: DraftPlace) {
    this.#context = context;
    this.#place = place;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#mustBeOpen();
    try {
      await this.#context.folder.calls.write(this.#place.fd, chunk, null);
    } catch (error) {
      throw treeError(error);
    }
  }

  async commit(options: CommitOptions): Promise<Committed> {
    this.#mustBeOpen();
    this.#state = "committing";
    const { folder, deadProperties } = this.#context;
    const { path, directory } = this.#place;
    try {
      await this.#keepOwner();
      if (options.modifiedMs !== undefined) await this.#setModified(options.modifiedMs);
      await folder.calls.sync(this.#place.fd);
      // Being asked for, the time of the change that comes next is finer (Linux from 6.13 on).
      await folder.calls.fstat(this.#place.fd);
      const exists = await this.#refuseUnlessReplaceable(options.over);
      if (!(await folder.isInPlace(directory)))
        throw new TreeError("parent-missing", "the collection is gone");
      if (!exists) await deadProperties.drop(path);
      if (!this.#place.mounted) await this.#takeName(options.over);
      const stats = this.#place.mounted ? await this.#overwrite(options) : await this.#freshStats();
      await folder.calls.syncNames(directory.self, "soon");
      this.#state = "ended";
      this.#release();
      return { created: !exists, resource: documentResource(stats) };
    } catch (error) {
      await this.#forget();
      throw treeError(error, "parent-missing");
    }
  }

  async discard(): Promise<void> {
    // A commit that is under way ends by itself: its descriptor may be in use.
    if (this.#state === "open") await this.#forget();
  }

  async #forget(): Promise<void> {
    this.#state = "ended";
    const { directory, temporary } = this.#place;
    try {
      await this.#context.folder.calls.unlink(directory.at(temporary.name));
    } catch {
      // It is gone with its collection, or cannot be removed; then the next start tries again.
    }
    this.#release();
  }

  /** @returns whether a document is there */
  async #refuseUnlessReplaceable(over: CommitOptions["over"]): Promise<boolean> {
    const { folder } = this.#context;
    const { directory, name } = this.#place;
    if (over === undefined) return (await refuseUnlessDocument(folder, directory, name)).exists;
    const there = await folder.calls.find(directory.at(name));
    if (over === "nothing") {
      if (there !== undefined) throw new TreeError("exists");
    } else if (there === undefined || !isAsSeen(there, parseSeen(over.seen))) {
      throw new TreeError("changed", "another program changed the document since the request was judged");
    }
    return there !== undefined;
  }

  /** Gives a file that something is mounted at the content. */
  async #overwrite({ modifiedMs }: CommitOptions): Promise<BigIntStats> {
    const { folder, temporaries, clock } = this.#context;
    const { directory, name, temporary } = this.#place;
    const backup = await temporaries.take(directory.path, "put");
    const overwriting = { directory, name, draft: temporary.name, backup: backup.name };
    let isTouched = false;
    let forget = async (): Promise<void> => {};
    try {
      const record = async (): Promise<void> => {
        forget = await temporaries.overwriting(overwriting);
        isTouched = true;
      };
      await overwrite(folder, overwriting, { clock, record });
      const at = directory.at(name);
      if (modifiedMs !== undefined) await setModified(folder, at, { accessedMs: clock(), modifiedMs });
      return await folder.calls.lstat(at);
    } finally {
      // While the old content is in the backup alone, the record stays: the next start brings one of the two back.
      if (!isTouched || (await folder.calls.find(directory.at(backup.name))) === undefined) {
        await removeHidden(folder, directory, backup.name);
        await forget();
        await removeHidden(folder, directory, temporary.name);
      }
      backup.release();
    }
  }

  /** Between the last look at what may be replaced and the rename another program has microseconds. */
  async #takeName(over: CommitOptions["over"]): Promise<void> {
    const { folder } = this.#context;
    const { directory, name, temporary } = this.#place;
    if (over === "nothing") {
      const renaming = { from: directory, fromName: temporary.name, to: directory, toName: name };
      const log = this.#context.temporaries.placeholder(directory.path, name);
      const placed = await placeNew(folder, renaming, log);
      await log.forget();
      if (!placed) throw new TreeError("exists");
      return;
    }
    if (over !== undefined) await this.#refuseUnlessReplaceable(over);
    await folder.calls.rename(directory.at(temporary.name), directory.at(name));
  }

  /** What a replaced file had stays: its permissions, and its owner where the system lets us. */
  async #keepOwner(): Promise<void> {
    const { folder } = this.#context;
    const { fd, replaced, mode } = this.#place;
    const own = await folder.calls.fstat(fd);
    if (replaced !== undefined && (own.uid !== replaced.uid || own.gid !== replaced.gid)) {
      try {
        await folder.calls.fchown(fd, Number(replaced.uid), Number(replaced.gid));
      } catch {
        // Only a privileged process may give files away; the new content is then ours.
      }
    }
    if ((own.mode & permissions) !== mode) await folder.calls.fchmod(fd, Number(mode));
  }

  async #setModified(modifiedMs: number): Promise<void> {
    await this.#context.folder.calls.futimes(
      this.#place.fd,
      toSeconds(this.#context.clock()),
      toSeconds(modifiedMs),
    );
  }

  async #freshStats(): Promise<BigIntStats> {
    const { folder, freshTags } = this.#context;
    let stats = await folder.calls.fstat(this.#place.fd);
    let moved = false;
    while (!freshTags.take(stats)) {
      moved = true;
      // Setting the same time again moves the time of change, as soon as the file system's clock ticks.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#setModified(Number(stats.mtimeMs));
      stats = await folder.calls.fstat(this.#place.fd);
    }
    // The tag that is told is of a time that came after the last sync.
    if (moved) await folder.calls.sync(this.#place.fd);
    return stats;
  }

  #mustBeOpen(): void {
    if (this.#state !== "open") throw new TreeError("unavailable", "the draft has ended");
  }

  #release(): void {
    this.#context.folder.calls.release(this.#place.fd);
    this.#place.temporary.release();
    this.#place.directory.close();
    this.#context.drafts.delete(this);
  }
}

/** What is at a name where a document is to be put. */
interface Standing {
  readonly exists: boolean;
  /** The file, whose permissions and owner its successor gets. */
  readonly file: BigIntStats | undefined;
}

/** Fails where a document cannot be put at the name. */
async function refuseUnlessDocument(folder: Folder, directory: Directory, name: string): Promise<Standing> {
  const stats = await folder.calls.find(directory.at(name));
  if (stats === undefined) return { exists: false, file: undefined };
  if (stats.isFile()) return { exists: true, file: stats };
  if (stats.isDirectory()) throw new TreeError("is-a-collection");
  if ((await folder.kindIn(directory, name)) === "hidden") throw new TreeError("name-refused");
  // A link that is a document: the link itself is replaced, and its target stays as it is.
  return { exists: true, file: undefined };
}

async function removeHidden({ calls }: Folder, directory: Directory, name: string): Promise<void> {
  if ((await calls.find(directory.at(name))) !== undefined) await calls.unlink(directory.at(name));
}
