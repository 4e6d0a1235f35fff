import * as fs from "node:fs";
import { promisify } from "node:util";
import type { Awaitable } from "@meanwhile/server/store";
import type { Durability } from "./durability.ts";
import { isMissing, syncError } from "./errno.ts";
import { NameSyncs, type NameSyncsOptions } from "./name-syncs.ts";
import type { Pace } from "./pace.ts";
import { Syncs } from "./syncs.ts";

const big = { bigint: true } as const;
const later = {
  open: promisify(fs.open),
  close: promisify(fs.close),
  read: promisify(fs.read),
  write: promisify(fs.write),
  futimes: promisify(fs.futimes),
  fchmod: promisify(fs.fchmod),
  fchown: promisify(fs.fchown),
  realpath: promisify(fs.realpath.native),
};

/** A call that is about to change something. */
export interface Change {
  readonly call:
    | "create"
    | "write"
    | "rename"
    | "link"
    | "unlink"
    | "rmdir"
    | "mkdir"
    | "mode"
    | "owner"
    | "times"
    | "copy"
    | "sync";
  readonly path: string | Buffer | undefined;
  readonly to?: string;
}

/**
 * Told before each change. It may throw in the file system's place, or give a promise that the call waits for: one
 * that never settles is the end of the process, as far as the files can tell.
 */
export type BeforeChange = (change: Change) => Promise<never> | undefined;

export interface SyncOptions extends Pick<NameSyncsOptions, "unsyncable" | "failed"> {
  /** Default: "full". */
  readonly durability?: Durability;
  readonly syncs?: Syncs;
}

/** The calls to the file system that the tree makes, each at once or later, as the pace has it. */
export class Calls {
  readonly pace: Pace;
  readonly durability: Durability;
  readonly #syncs: Syncs;
  readonly #names: NameSyncs;
  #before: BeforeChange | undefined;
  /** File systems, by their device, that were found to have no copy that shares content. */
  readonly withoutReflink: Set<bigint> = new Set();

  /** @param before for tests, which end the work at a certain change */
  constructor(pace: Pace, before?: BeforeChange, options: SyncOptions = {}) {
    const { durability = "full", syncs = new Syncs(), ...told } = options;
    this.pace = pace;
    this.durability = durability;
    this.#before = before;
    this.#syncs = syncs;
    this.#names = new NameSyncs({ calls: this, syncs, ...told });
  }

  /** Nothing is changed from now on: whoever wants to waits for ever, as if the process had ended. */
  end(): void {
    this.#before = () => new Promise(() => {});
  }

  open(path: string | Buffer, flags: number, mode = 0o666): Awaitable<number> {
    const changes = (flags & fs.constants.O_CREAT) !== 0;
    return (
      (changes ? this.#before?.({ call: "create", path }) : undefined) ??
      this.pace.call(
        () => fs.openSync(path, flags, mode),
        () => later.open(path, flags, mode),
      )
    );
  }

  close(fd: number): Awaitable<void> {
    return this.pace.call(
      () => fs.closeSync(fd),
      () => later.close(fd),
    );
  }

  lstat(path: string | Buffer): Awaitable<fs.BigIntStats> {
    return this.pace.call(
      () => fs.lstatSync(path, big),
      () => fs.promises.lstat(path, big),
    );
  }

  /** As `lstat`, where nothing may well be there: undefined then, which costs less than an error. */
  find(path: string): Awaitable<fs.BigIntStats | undefined> {
    return this.pace.call(
      () => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }),
      () =>
        fs.promises.lstat(path, big).catch((error: unknown) => {
          if (isMissing(error)) return undefined;
          throw error;
        }),
    );
  }

  fstat(fd: number): Awaitable<fs.BigIntStats> {
    return this.pace.call(
      () => fs.fstatSync(fd, big),
      () =>
        new Promise((resolve, reject) =>
          fs.fstat(fd, big, (error, stats) => (error ? reject(error) : resolve(stats))),
        ),
    );
  }

  readlink(path: string): Awaitable<string> {
    return this.pace.call(
      () => fs.readlinkSync(path),
      () => fs.promises.readlink(path),
    );
  }

  realpath(path: string): Awaitable<string> {
    return this.pace.call(
      () => fs.realpathSync.native(path),
      () => later.realpath(path),
    );
  }

  opendir(path: string, encoding: "utf8" | "buffer" = "utf8"): Awaitable<fs.Dir> {
    // The declarations know only names that are strings; the caller that asks for bytes gets them.
    const options = { bufferSize: 256, encoding: encoding as "utf8" };
    return this.pace.call(
      () => fs.opendirSync(path, options),
      () => fs.promises.opendir(path, options),
    );
  }

  readdir(directory: fs.Dir): Awaitable<fs.Dirent | null> {
    return this.pace.call(
      () => directory.readSync(),
      () => directory.read(),
    );
  }

  async read(fd: number, into: Uint8Array, position: number): Promise<number> {
    return this.pace.call(
      () => fs.readSync(fd, into, 0, into.byteLength, position),
      async () => (await later.read(fd, into, 0, into.byteLength, position)).bytesRead,
    );
  }

  /** Reads beside the event loop: for parts that are large. */
  async readLater(fd: number, into: Uint8Array, position: number): Promise<number> {
    return (await later.read(fd, into, 0, into.byteLength, position)).bytesRead;
  }

  /** Writes all the bytes beside the event loop. */
  async writeLater(fd: number, bytes: Uint8Array, position: number): Promise<void> {
    await this.#before?.({ call: "write", path: undefined });
    for (let at = 0; at < bytes.byteLength; ) {
      at += (await later.write(fd, bytes, at, bytes.byteLength - at, position + at)).bytesWritten;
    }
  }

  /** Writes all the bytes. */
  async write(fd: number, bytes: Uint8Array, position: number | null): Promise<void> {
    const held = this.#before?.({ call: "write", path: undefined });
    if (held !== undefined) await held;
    let at = 0;
    while (at < bytes.byteLength) {
      const [from, where] = [at, position === null ? null : position + at];
      at += await this.pace.call(
        () => fs.writeSync(fd, bytes, from, bytes.byteLength - from, where),
        async () => (await later.write(fd, bytes, from, bytes.byteLength - from, where)).bytesWritten,
      );
    }
  }

  /** Appends a line at once, whatever the disk is like: it is short, and lines must not be mixed. */
  async append(fd: number, line: Uint8Array, path: string): Promise<void> {
    const held = this.#before?.({ call: "write", path });
    if (held !== undefined) await held;
    for (let at = 0; at < line.byteLength; ) at += fs.writeSync(fd, line, at);
  }

  rename(from: string, to: string): Awaitable<void> {
    return (
      this.#before?.({ call: "rename", path: from, to }) ??
      this.pace.call(
        () => fs.renameSync(from, to),
        () => fs.promises.rename(from, to),
      )
    );
  }

  /** Gives a file another name. Fails with EEXIST, and replaces nothing, where something has it. */
  link(from: string, to: string): Awaitable<void> {
    return (
      this.#before?.({ call: "link", path: from, to }) ??
      this.pace.call(
        () => fs.linkSync(from, to),
        () => fs.promises.link(from, to),
      )
    );
  }

  unlink(path: string | Buffer): Awaitable<void> {
    return (
      this.#before?.({ call: "unlink", path }) ??
      this.pace.call(
        () => fs.unlinkSync(path),
        () => fs.promises.unlink(path),
      )
    );
  }

  rmdir(path: string | Buffer): Awaitable<void> {
    return (
      this.#before?.({ call: "rmdir", path }) ??
      this.pace.call(
        () => fs.rmdirSync(path),
        () => fs.promises.rmdir(path),
      )
    );
  }

  mkdir(path: string, mode = 0o777): Awaitable<void> {
    return (
      this.#before?.({ call: "mkdir", path }) ??
      this.pace.call(
        () => void fs.mkdirSync(path, mode),
        async () => void (await fs.promises.mkdir(path, mode)),
      )
    );
  }

  chmod(path: string, mode: number): Awaitable<void> {
    return (
      this.#before?.({ call: "mode", path }) ??
      this.pace.call(
        () => fs.chmodSync(path, mode),
        () => fs.promises.chmod(path, mode),
      )
    );
  }

  fchmod(fd: number, mode: number): Awaitable<void> {
    return (
      this.#before?.({ call: "mode", path: undefined }) ??
      this.pace.call(
        () => fs.fchmodSync(fd, mode),
        () => later.fchmod(fd, mode),
      )
    );
  }

  fchown(fd: number, user: number, group: number): Awaitable<void> {
    return (
      this.#before?.({ call: "owner", path: undefined }) ??
      this.pace.call(
        () => fs.fchownSync(fd, user, group),
        () => later.fchown(fd, user, group),
      )
    );
  }

  /** Times are seconds since the epoch. */
  futimes(fd: number, accessed: number, modified: number): Awaitable<void> {
    return (
      this.#before?.({ call: "times", path: undefined }) ??
      this.pace.call(
        () => fs.futimesSync(fd, asTime(accessed), asTime(modified)),
        () => later.futimes(fd, asTime(accessed), asTime(modified)),
      )
    );
  }

  utimes(path: string, accessed: number, modified: number): Awaitable<void> {
    return (
      this.#before?.({ call: "times", path }) ??
      this.pace.call(
        () => fs.utimesSync(path, asTime(accessed), asTime(modified)),
        () => fs.promises.utimes(path, asTime(accessed), asTime(modified)),
      )
    );
  }

  /** Copies by sharing the content, to a new name; fails where the file system cannot. */
  async shareContent(from: string, to: string): Promise<void> {
    await this.#before?.({ call: "copy", path: from, to });
    const { COPYFILE_FICLONE_FORCE, COPYFILE_EXCL } = fs.constants;
    await fs.promises.copyFile(from, to, COPYFILE_FICLONE_FORCE | COPYFILE_EXCL);
  }

  /** Removes whatever has a name that is no text, with all below it. */
  async removeAll(path: Buffer): Promise<void> {
    await this.#before?.({ call: "unlink", path });
    await fs.promises.rm(path, { recursive: true });
  }

  /**
   * Makes the content of a file, its owner, mode and times survive a loss of power, so far as the durability goes.
   * The descriptor stays open until then.
   *
   * @throws {TreeError} "no-space", "not-written"; what was written may be lost then, and is not to get its name
   */
  async sync(fd: number): Promise<void> {
    if (this.durability === "none") return;
    try {
      await this.#before?.({ call: "sync", path: `/proc/self/fd/${fd}` });
      await this.#syncs.request(`fd ${fd}`, fd).done;
    } catch (error) {
      throw syncError(error, "not-written");
    }
  }

  /**
   * Makes the names in a directory survive a loss of power. `soon`: with durability "content" within a second, and
   * before {@link Calls.namesSynced} resolves.
   *
   * @throws {TreeError} "no-space", "not-synced"; the names are as they were changed
   */
  async syncNames(directory: string, when: "now" | "soon" = "now"): Promise<void> {
    if (this.durability === "none") return;
    if (when === "soon" && this.durability === "content") return this.#names.soon(directory);
    try {
      await this.#before?.({ call: "sync", path: directory });
      await this.#names.now(directory);
    } catch (error) {
      throw syncError(error, "not-synced");
    }
  }

  /** Resolves once no names wait for their sync: to be awaited before anything is recorded that tells of them. */
  namesSynced(): Promise<void> {
    return this.#names.settled();
  }

  statfs(path: string): Awaitable<fs.BigIntStatsFs> {
    return this.pace.call(
      () => fs.statfsSync(path, big),
      () => fs.promises.statfs(path, big),
    );
  }
}

/** Node takes a number below zero for the present; a date before 1970 it takes for what it is. */
function asTime(seconds: number): number | Date {
  return seconds < 0 ? new Date(seconds * 1000) : seconds;
}
