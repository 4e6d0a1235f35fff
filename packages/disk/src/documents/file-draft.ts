import type { BigIntStats } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import {
  type Awaitable,
  type CommitOptions,
  type Committed,
  type KeptDraft,
  TreeError,
} from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { placeNew } from "../placing/place-new.ts";
import { isAsSeen, parseSeen } from "../placing/see.ts";
import type { Temporaries, Temporary } from "../placing/temporaries.ts";
import type { DeadProperties } from "../properties/dead-properties.ts";
import type { FreshTags } from "./fresh-tags.ts";
import { overwrite, setModified } from "./overwrite.ts";
import { refuseUnlessDocument } from "./refuse-unless-document.ts";
import { documentResource, toSeconds } from "./resource.ts";

/** What all drafts of a folder share. */
export interface DraftContext {
  readonly folder: Folder;
  readonly temporaries: Temporaries;
  readonly deadProperties: DeadProperties;
  readonly freshTags: FreshTags;
  readonly clock: () => number;
  /** Drafts that are neither committed nor discarded. */
  readonly drafts: Set<FileDraft>;
}

/** The bits of a mode that are permissions. */
export const permissions = 0o777n;

/** A draft's file, and the name that it is to get. */
export interface DraftPlace {
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
  /** It stays when it is left; so many bytes of it were there before. */
  readonly kept?: { readonly length: number };
}

/** Bytes that are read at once. */
const readBytes = 1024 * 1024;

/**
 * New content of a file.
 *
 *      write()       commit()
 *    ┌─────────┐
 *    └▶ open ──┴─▶ committing ───────▶ ended (in place)
 *          │            └─ failure ──▶ ended (forgotten)
 *          ├──── discard() ──────────▶ ended (forgotten)
 *          └──── leave() ────────────▶ ended (its content stays for the next)
 *
 * The content is synced before it gets its name, and the name before the commit is told. Where only the latter fails,
 * the content is in place, and the commit fails with "not-synced".
 */
export class FileDraft implements KeptDraft {
  readonly #context: DraftContext;
  readonly #place: DraftPlace;
  #state: "open" | "committing" | "ended" = "open";
  #length: number;

  constructor(context: DraftContext, place: DraftPlace) {
    this.#context = context;
    this.#place = place;
    this.#length = place.kept?.length ?? 0;
  }

  get mark(): string {
    return String(this.#place.mode);
  }

  get length(): number {
    return this.#length;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#using(async ({ calls }) => {
      await calls.write(this.#place.fd, chunk, this.#length);
      this.#length += chunk.length;
    });
  }

  sync(): Promise<void> {
    return this.#using(({ calls }) => calls.sync(this.#place.fd));
  }

  /** The name of a kept draft, as its content, is there after a loss of power. */
  syncName(): Promise<void> {
    return this.#using(({ calls }) => calls.syncNames(this.#place.directory.self));
  }

  truncate(length: number): Promise<void> {
    return this.#using(async ({ calls }) => {
      await calls.truncate(this.#place.fd, length);
      this.#length = length;
    });
  }

  async *stream(end: number): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; at < end; ) {
      const part = await this.#using(({ calls }) =>
        calls.readPart(this.#place.fd, Math.min(readBytes, end - at), at),
      );
      if (part.length === 0) throw new TreeError("unavailable", "a draft is shorter than it was");
      at += part.length;
      yield part;
    }
  }

  async leave(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#release();
  }

  /** The process ends: what may stay stays. */
  async end(): Promise<void> {
    await (this.#place.kept === undefined ? this.discard() : this.leave());
  }

  async #using<T>(act: (folder: Folder) => Awaitable<T>): Promise<T> {
    this.#mustBeOpen();
    try {
      return await act(this.#context.folder);
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

/** Removes a file of ours that has a reserved name, where it is there. */
export async function removeHidden({ calls }: Folder, directory: Directory, name: string): Promise<void> {
  if ((await calls.find(directory.at(name))) !== undefined) await calls.unlink(directory.at(name));
}
