import { type BigIntStats, constants, readlinkSync } from "node:fs";
import { sep } from "node:path";
import { isWithin, memberPath, nameOf, parentOf, type ResourcePath } from "@meanwhile/dav";
import { type Awaitable, TreeError } from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";
import { isAbsent, isMissing } from "../calls/errno.ts";
import type { OpenedFile } from "../calls/file-operations.ts";
import { MovedTags } from "../documents/moved-tags.ts";
import { MountTable } from "../workers/mount-table.ts";
import { HeldDirectories, type HeldDirectory } from "./held-directories.ts";
import { hasRefusedName, rootMarkName } from "./names.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A directory within the folder. While it is held, no swap of names or links can lead work on its members elsewhere. */
export interface Directory {
  readonly path: ResourcePath;
  /** What the system's calls take for the directory itself. */
  readonly self: string;
  /** The file system that it is on, as long as it is mounted. */
  readonly device: bigint;
  /** What the system's calls take for the member of this name. */
  at(name: string): string;
  close(): void;
}

/** Where a directory is, which somebody holds. */
export type DirectoryPlace = Pick<Directory, "path" | "self" | "at">;

/** A file or directory that was looked at, and is held so that it stays the same one. */
export interface Seen {
  readonly kind: "collection" | "document";
  readonly stats: BigIntStats;
  /** It was reached through a symbolic link: to be read, and not to be changed. */
  readonly link: boolean;
  /** What the system's calls take for it. */
  readonly self: string;
  /** `self` means this very file, whatever happens to its name. */
  readonly pinned: boolean;
  close(): void;
}

/** What a name in a directory is. "hidden": something is there that is no resource. */
export type NameKind = "absent" | "hidden" | "collection" | "document";

export interface FolderOptions {
  /** The real path of the folder. */
  readonly root: string;
  /** The real path of the state directory. Where it lies within the folder it is no resource. */
  readonly state: string | undefined;
  readonly calls: Calls;
  /** What the root is when it is opened, and its mark: where it is another one later, nothing is there. Default: not asked. */
  readonly served?: { readonly stats: BigIntStats; readonly mark: string | undefined };
  /** Default: whether `/proc/self/fd` works as on Linux. */
  readonly pinning?: boolean;
  /** Entity tags that moved documents keep. Default: those of this process. */
  readonly tags?: MovedTags;
  /** Directories that are open. Default: of this folder alone. */
  readonly held?: HeldDirectories;
  /** Default: the system's table. */
  readonly mounts?: Pick<MountTable, "pointsWithin">;
}

/**
 * The served folder: where resources are, and what is none. Regular files and directories are resources; a symbolic
 * link is one where it leads to a regular file within the folder, for reading only; nothing else is, nor what has a
 * reserved name, nor the state directory.
 *
 * No link is followed on the way to a resource. On Linux a file is held by a descriptor that only names it, and
 * the kernel tells whether that is where the path says; elsewhere the real path of the parent is compared.
 */
export class Folder {
  readonly root: string;
  readonly calls: Calls;
  readonly tags: MovedTags;
  /** Where the state directory is, as a path of this tree; undefined where it lies outside. */
  readonly state: ResourcePath | undefined;
  /** Whether directories are held by descriptors (Linux). */
  readonly pinning: boolean;
  #served: BigIntStats | undefined;
  readonly #mark: string | undefined;
  readonly #mounts: Pick<MountTable, "pointsWithin">;
  readonly #held: HeldDirectories;

  constructor(options: FolderOptions) {
    this.root = options.root;
    this.calls = options.calls;
    this.tags = options.tags ?? new MovedTags();
    this.#served = options.served?.stats;
    this.#mark = options.served?.mark;
    this.pinning = options.pinning ?? canPin();
    this.#held = options.held ?? new HeldDirectories();
    this.#mounts = options.mounts ?? new MountTable({ root: options.root });
    this.state = options.state === undefined ? undefined : this.#resourcePath(options.state);
  }

  /** Whether a resource can be at the path, whatever is there. */
  reaches(path: ResourcePath): boolean {
    if (hasRefusedName(path)) return false;
    return this.state === undefined || !isWithin(path, this.state);
  }

  /**
   * Where something is mounted at a path or below it (a file can be, in a container). What is mounted has no name to be
   * renamed or removed, and its members belong elsewhere.
   */
  mountsWithin(path: ResourcePath): readonly ResourcePath[] {
    const points = this.#mounts.pointsWithin(this.#join(path));
    return points.length === 0 ? [] : points.flatMap((point) => this.#resourcePath(point) ?? []);
  }

  /** Looks at a resource; undefined where none is. */
  async look(path: ResourcePath): Promise<Seen | undefined> {
    if (!this.reaches(path)) return undefined;
    const local = this.#local(path);
    try {
      const seen = await (this.pinning ? this.#lookPinned(local) : this.#lookNamed(path, local));
      await this.#requireRoot(seen);
      return seen;
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await this.#requireRoot(undefined);
      return undefined;
    }
  }

  /**
   * Looks at a member of a directory that is held.
   * @param found what has the name, where the caller has just found it
   */
  async lookIn(directory: DirectoryPlace, name: string, found?: BigIntStats): Promise<Seen | undefined> {
    if (!this.reaches(memberPath(directory.path, name))) return undefined;
    const at = directory.at(name);
    try {
      const stats = found ?? (await this.calls.find(at));
      if (stats === undefined) return undefined;
      if (stats.isSymbolicLink()) return await this.#throughLink(at);
      const kind = kindOf(stats);
      return kind === undefined
        ? undefined
        : { kind, stats, link: false, self: at, pinned: false, close: nothing };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** What a name in a directory is. */
  async kindIn(directory: Directory, name: string): Promise<NameKind> {
    const stats = await this.calls.find(directory.at(name));
    if (stats === undefined) return "absent";
    const seen = await this.lookIn(directory, name, stats);
    seen?.close();
    return seen?.kind ?? "hidden";
  }

  /** Holds a directory; undefined where the path leads to none. */
  async directory(path: ResourcePath): Promise<Directory | undefined> {
    if (!this.reaches(path)) return undefined;
    const local = this.#local(path);
    try {
      if (this.pinning) {
        const kept = this.#held.take(local, this.calls);
        if (kept !== undefined) return pinned(path, kept);
        const opened = await this.calls.hold(local, O_DIRECTORY | O_NOFOLLOW);
        const close = (): void => this.calls.release(opened.fd);
        if (opened.where !== local) {
          close();
          await this.#requireRoot(undefined);
          return undefined;
        }
        await this.#requireRoot({ close });
        // Only what was found in the root that is served is kept for others.
        return pinned(path, this.#held.add(local, opened, this.calls));
      }
      const stats = await this.calls.lstat(local);
      await this.#requireRoot(undefined);
      if (!stats.isDirectory() || !(await this.#isReal(local))) return undefined;
      return this.#named(path, local, stats.dev);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await this.#requireRoot(undefined);
      return undefined;
    }
  }

  /** Lets go of directories that nobody uses. */
  close(): void {
    this.#held.close(this.calls);
  }

  /** Whether the system could find a resource at the path by its name, were it there. */
  canBeFound(path: ResourcePath): boolean {
    return !isTooLong(this.#join(path));
  }

  /** How many bytes the path of a resource below this one may have, from here on. */
  pathBytesBelow(path: ResourcePath): number {
    return mostPathBytes - Buffer.byteLength(this.#join(path));
  }

  /** Holds the directory that a new resource is put in. Fails with "name-refused", "name-too-long", "parent-missing". */
  async parent(path: ResourcePath): Promise<{ readonly directory: Directory; readonly name: string }> {
    if (!this.reaches(path)) throw new TreeError("name-refused", "no resource can have this name");
    this.#local(path);
    const parent = parentOf(path);
    if (parent === undefined) throw new TreeError("denied", "the root of the tree stays as it is");
    const directory = await this.directory(parent);
    if (directory === undefined) throw new TreeError("parent-missing");
    return { directory, name: nameOf(path) };
  }

  /**
   * Holds a directory that is a member of one that is held. Never follows a link.
   * @param known the name by which it is known, where it has a reserved one
   */
  async enter(directory: DirectoryPlace, name: string, known: string = name): Promise<Directory> {
    const path = memberPath(directory.path, known);
    if (this.pinning) {
      const { fd, stats } = await this.calls.hold(directory.at(name), O_DIRECTORY | O_NOFOLLOW);
      return pinned(path, { fd, device: stats.dev, close: once(() => this.calls.release(fd)) });
    }
    const stats = await this.calls.lstat(directory.at(name));
    if (!stats.isDirectory()) throw new TreeError("not-found");
    return this.#named(path, directory.at(name), stats.dev);
  }

  /** Whether a directory that is held is still where its path says. */
  async isInPlace(directory: Directory): Promise<boolean> {
    if (this.pinning) return (await this.calls.readlink(directory.self)) === this.#local(directory.path);
    return (await this.directory(directory.path)) !== undefined;
  }

  /**
   * Opens a document without a look at its name before, where it is a regular file that no link leads to.
   *
   * @returns "absent" where nothing is; undefined where {@link Folder.look} has to tell
   */
  async openFile(path: ResourcePath): Promise<OpenedFile | "absent" | undefined> {
    if (!this.pinning || !this.reaches(path)) return undefined;
    const local = this.#local(path);
    let opened: OpenedFile | undefined;
    try {
      opened = await this.calls.openFile(local);
    } catch (error) {
      if (error instanceof TreeError) throw error;
      // A link, for instance, or what this process may not read.
      if (!isMissing(error)) return undefined;
      await this.#requireRoot(undefined);
      return "absent";
    }
    if (opened === undefined) return undefined;
    const { fd, where } = opened;
    const close = (): void => {
      if (fd !== undefined) this.calls.release(fd);
    };
    if (where === local) {
      await this.#requireRoot({ close });
      return opened;
    }
    close();
    return undefined;
  }

  /** Opens the content of what was seen. The caller closes the descriptor. */
  async openContent(seen: Seen): Promise<number> {
    if (seen.pinned) return this.calls.open(seen.self, O_RDONLY);
    const fd = await this.calls.open(seen.self, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const opened = await this.calls.fstat(fd);
    if (opened.isFile() && opened.ino === seen.stats.ino && opened.dev === seen.stats.dev) return fd;
    await this.calls.close(fd);
    throw new TreeError("not-found", "the file was swapped for another while it was opened");
  }

  /**
   * Makes sure, once something was looked up, that the root is still the one that was opened: a mount that went away leaves
   * an empty directory in its place.
   * @param held closed where it is not
   */
  #requireRoot(held: { close(): void } | undefined): Awaitable<void> {
    if (this.#served === undefined) return;
    let now: Awaitable<BigIntStats | undefined>;
    try {
      now = this.calls.find(this.root);
      if (!(now instanceof Promise) && this.#isServed(now)) return;
    } catch (error) {
      now = Promise.reject(error);
    }
    return this.#recogniseRoot(now, held);
  }

  #isServed(root: BigIntStats | undefined): boolean {
    return root?.dev === this.#served?.dev && root?.ino === this.#served?.ino;
  }

  async #recogniseRoot(
    found: Awaitable<BigIntStats | undefined>,
    held: { close(): void } | undefined,
  ): Promise<void> {
    try {
      const now = await found;
      if (this.#isServed(now)) return;
      if (now === undefined || !(await this.#hasMark())) {
        throw new TreeError("unavailable", "the served folder is gone, or its file system is not mounted");
      }
      this.#served = now;
    } catch (error) {
      held?.close();
      // That the root is absent says nothing of what was looked for.
      throw isAbsent(error)
        ? new TreeError("unavailable", "the served folder is gone", { cause: error })
        : error;
    }
  }

  async #hasMark(): Promise<boolean> {
    if (this.#mark === undefined) return false;
    const wanted = Buffer.from(this.#mark);
    const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    const fd = await this.calls.open(this.#join(`/${rootMarkName}` as ResourcePath), flags);
    try {
      const read = Buffer.alloc(wanted.byteLength + 1);
      return (
        (await this.calls.read(fd, read, 0)) === wanted.byteLength && read.subarray(0, -1).equals(wanted)
      );
    } finally {
      this.calls.release(fd);
    }
  }

  async #lookPinned(local: string): Promise<Seen | undefined> {
    const kept = this.#held.take(local, this.calls);
    if (kept !== undefined) return this.#lookKept(kept);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const { fd, where, stats } = await this.calls.hold(local, O_NOFOLLOW);
      let held = false;
      try {
        // Replaced by another between open and now: the new one is what the path means.
        if (where.endsWith(" (deleted)") && where !== local) continue;
        if (where !== local) return undefined;
        if (stats.isSymbolicLink()) return await this.#throughLink(local);
        const kind = kindOf(stats);
        if (kind === undefined) return undefined;
        held = true;
        const close = once(() => this.calls.release(fd));
        return { kind, stats, link: false, self: descriptors + fd, pinned: true, close };
      } finally {
        if (!held) this.calls.release(fd);
      }
    }
    return undefined;
  }

  async #lookKept({ fd, close }: HeldDirectory): Promise<Seen> {
    try {
      const stats = await this.calls.fstat(fd);
      return { kind: "collection", stats, link: false, self: descriptors + fd, pinned: true, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  async #lookNamed(path: ResourcePath, local: string): Promise<Seen | undefined> {
    const parent = parentOf(path);
    if (parent !== undefined && !(await this.#isReal(this.#local(parent)))) return undefined;
    const stats = await this.calls.lstat(local);
    if (stats.isSymbolicLink()) return this.#throughLink(local);
    const kind = kindOf(stats);
    return kind === undefined
      ? undefined
      : { kind, stats, link: false, self: local, pinned: false, close: nothing };
  }

  async #throughLink(link: string): Promise<Seen | undefined> {
    const real = await this.calls.realpath(link);
    const path = this.#resourcePath(real);
    if (path === undefined || !this.reaches(path)) return undefined;
    const seen = this.pinning ? await this.#lookPinned(real) : await this.#lookNamed(path, real);
    if (seen?.kind === "document" && !seen.link) return { ...seen, link: true };
    seen?.close();
    return undefined;
  }

  #named(path: ResourcePath, local: string, device: bigint): Directory {
    const prefix = local.endsWith(sep) ? local : local + sep;
    return { path, self: local, device, at: (name) => prefix + name, close: nothing };
  }

  /** Whether no link lies on the way. Where names are case-insensitive, the case does not matter. */
  async #isReal(local: string): Promise<boolean> {
    const real = await this.calls.realpath(local);
    return real === local || (foldsCase && fold(real) === fold(local));
  }

  /** @throws {TreeError} "name-too-long" where the system cannot say whether something is there */
  #local(path: ResourcePath): string {
    const local = this.#join(path);
    if (isTooLong(local)) throw new TreeError("name-too-long", "the whole path is too long");
    return local;
  }

  #join(path: ResourcePath): string {
    if (path === "/") return this.root;
    const below = sep === "/" ? path : path.replaceAll("/", sep);
    return this.root.endsWith(sep) ? this.root.slice(0, -1) + below : this.root + below;
  }

  /** The path in this tree of a real path; undefined where it lies outside. */
  #resourcePath(real: string): ResourcePath | undefined {
    const prefix = this.root.endsWith(sep) ? this.root : this.root + sep;
    if (!real.startsWith(prefix)) return undefined;
    return `/${real.slice(prefix.length).replaceAll(sep, "/")}` as ResourcePath;
  }
}

/**
 * Linux takes names of up to 4,095 bytes, from the root of the file system on. A resource below that could be made by
 * way of a directory that is held, and then be found by nobody.
 */
const mostPathBytes = 4095;

function isTooLong(local: string): boolean {
  // A character of a string has at most three bytes.
  return local.length * 3 > mostPathBytes && Buffer.byteLength(local) > mostPathBytes;
}

const descriptors = "/proc/self/fd/";
const foldsCase = process.platform === "darwin" || process.platform === "win32";

function fold(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

function kindOf(stats: BigIntStats): Seen["kind"] | undefined {
  if (stats.isFile()) return "document";
  return stats.isDirectory() ? "collection" : undefined;
}

/** A directory that a walk holds, which lets go of it. @param self what the system's calls take for it */
export function walkedDirectory(path: ResourcePath, self: string): DirectoryPlace {
  return { path, self, at: (name) => `${self}/${name}` };
}

function pinned(path: ResourcePath, { fd, device, close }: HeldDirectory): Directory {
  const self = descriptors + fd;
  return { path, self, device, at: (name) => `${self}/${name}`, close };
}

function nothing(): void {}

function once(close: () => void): () => void {
  let open = true;
  return () => {
    if (open) close();
    open = false;
  };
}

function canPin(): boolean {
  if (process.platform !== "linux") return false;
  try {
    readlinkSync("/proc/self/exe");
    return true;
  } catch {
    // A Linux without /proc: real paths are compared instead.
    return false;
  }
}
