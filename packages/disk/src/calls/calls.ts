import { type BigIntStats, type BigIntStatsFs, constants } from "node:fs";
import type { Awaitable } from "@meanwhile/server/store";
import { CallTime } from "../workers/call-time.ts";
import type { Pace } from "../workers/pace.ts";
import { patiently, type WhenNoDescriptor } from "../workers/patience.ts";
import type { Need, Route, Routes } from "../workers/routes.ts";
import type { BeforeChange, Change } from "./before-change.ts";
import type { Durability } from "./durability.ts";
import { syncError } from "./errno.ts";
import type { FilePath } from "./file-facts.ts";
import {
  type FileId,
  type FileOperation,
  type FileOperations,
  fileOperations,
  type Held,
  here,
  type NameBatch,
  type OpenedFile,
} from "./file-operations.ts";
import { givingName } from "./giving-names.ts";
import { ManyCalls } from "./many-calls.ts";
import type { ManyFacts } from "./many-facts.ts";
import { NameSyncs, type NameSyncsOptions } from "./name-syncs.ts";
import { Syncs } from "./syncs.ts";
import { WarmPaths } from "./warm-paths.ts";

type Result<Name extends FileOperation> = ReturnType<FileOperations[Name]>;
type Args<Name extends FileOperation> = Parameters<FileOperations[Name]>;

export interface SyncOptions extends Pick<NameSyncsOptions, "unsyncable" | "failed"> {
  /** Default: "full". */
  readonly durability?: Durability;
  readonly syncs?: Syncs;
  /** Which calls are made in a worker. Default: all are made on the calling thread. */
  readonly routes?: Routes;
  /** Default: the call fails at once, as suits a request whose client waits. */
  readonly whenNoDescriptor?: WhenNoDescriptor;
}

/** The calls to the file system that the tree makes, each at once or in a worker, as the routes have it. */
export class Calls {
  readonly pace: Pace;
  /** Calls for whole trees. */
  readonly many: ManyCalls;
  readonly #routes: Routes | undefined;
  readonly durability: Durability;
  readonly #syncs: Syncs;
  readonly #names: NameSyncs;
  readonly #whenNoDescriptor: SyncOptions["whenNoDescriptor"];
  #before: BeforeChange | undefined;
  /** Paths that were those of regular files a moment ago. */
  readonly #files = new WarmPaths(() => performance.now());
  /** Whether inodes have the same numbers after the next mount, by the device. */
  readonly inodesKept: Map<bigint, boolean> = new Map();

  /** @param before for tests, which end the work at a certain change */
  constructor(pace: Pace, before?: BeforeChange, options: SyncOptions = {}) {
    const { durability = "full", routes, syncs = syncsOf(routes), whenNoDescriptor, ...told } = options;
    this.pace = pace;
    this.#routes = routes;
    this.durability = durability;
    this.#before = before;
    this.#syncs = syncs;
    this.#whenNoDescriptor = whenNoDescriptor;
    this.#names = new NameSyncs({ calls: this, syncs, ...told });
    const tell = (change: Change): Promise<never> | undefined => this.#before?.(change);
    this.many = new ManyCalls({ routes, whenNoDescriptor, before: tell, pace });
  }

  /** Nothing is changed from now on: whoever wants to waits for ever, as if the process had ended. */
  end(): void {
    this.#before = () => new Promise(() => {});
  }

  open(path: FilePath, flags: number, mode = 0o666): Awaitable<number> {
    const creates = (flags & constants.O_CREAT) !== 0;
    const need = creates ? "change" : "path";
    const open = (): Awaitable<number> =>
      this.#opened(path, this.#call(path, need, "open", [path, flags, mode]), (fd) => fd);
    if (!creates) return this.#patiently(open);
    const create = () => this.#before?.({ call: "create", path }) ?? this.#patiently(open);
    return typeof path === "string" ? this.#naming(path, undefined, create) : create();
  }

  /** Holds what has a name without opening it (Linux, O_PATH), and tells what and where it is. */
  hold(path: string, flags: number): Awaitable<Held> {
    return this.#patiently(() =>
      this.#opened(path, this.#call(path, "look", "hold", [path, flags | O_PATH]), ({ fd }) => fd),
    );
  }

  /**
   * Opens a regular file for reading, and tells what and where it is (Linux). A small one is read and closed at once: its
   * content comes along.
   * @returns undefined where something else than a regular file has the name
   */
  openFile(path: string): Awaitable<OpenedFile | undefined> {
    return this.#patiently(() => {
      const opening = this.#call(path, "path", "openFile", [path, this.#files.has(path), contentAlong]);
      return opening instanceof Promise
        ? opening.then((opened) => this.#fileOpened(path, opened))
        : this.#fileOpened(path, opening);
    });
  }

  close(fd: number): Awaitable<void> {
    const route = this.#routes?.of(fd, "open", "close");
    this.#routes?.closing(fd);
    return this.#run(route, "close", [fd], []);
  }

  /** Closes what was only read: nobody is told of a failure, or waits for it. */
  release(fd: number): void {
    const closed = this.close(fd);
    if (closed instanceof Promise) closed.catch(() => {});
  }

  lstat(path: FilePath): Awaitable<BigIntStats> {
    return this.#call(path, "look", "lstat", [path]);
  }

  /** As `lstat`, where nothing may well be there: undefined then, which costs less than an error. */
  find(path: string): Awaitable<BigIntStats | undefined> {
    return this.#call(path, "look", "find", [path]);
  }

  /** As `find`, for many names of a directory. */
  findAll(directory: string, names: readonly string[]): Awaitable<ManyFacts> {
    return this.#call(directory, "path", "findAll", [directory, names]);
  }

  fstat(fd: number): Awaitable<BigIntStats> {
    return this.#call(fd, "open", "fstat", [fd]);
  }

  readlink(path: string): Awaitable<string> {
    // What a descriptor stands for is known without the disk.
    if (isDescriptor(path)) return fileOperations.readlink(path);
    return this.#call(path, "path", "readlink", [path]);
  }

  /** Where what is open by a descriptor is now (Linux): known without the disk. */
  whereIs(fd: number): string {
    return fileOperations.readlink(`/proc/self/fd/${fd}`);
  }

  realpath(path: string): Awaitable<string> {
    return this.#call(path, "path", "realpath", [path]);
  }

  /**
   * Reads the names in a directory, in batches. Ending the iteration early closes it.
   * @param options.withFacts batches that a worker reads have the facts of what has the names
   */
  async *readNames(
    path: string,
    { withFacts = false }: { readonly withFacts?: boolean } = {},
  ): AsyncGenerator<NameBatch, void, void> {
    const route = this.#routes?.of(path, "path", "openNames");
    let ms = 0;
    const took = (time: number): void => {
      ms = Math.max(ms, time);
    };
    const begin = (): AsyncGenerator<NameBatch, void, void> =>
      route?.lane?.readNames(path, { took, withFacts }) ?? readNamesHere(path, took);
    // One that failed to begin has ended.
    const { batches, first } = await this.#patiently(async () => {
      const begun = begin();
      return { batches: begun, first: await begun.next() };
    });
    try {
      for (let next = first; next.done !== true; next = await batches.next()) {
        // Large directories are always read beside the event loop.
        if (next.value.ended && next === first) route?.came(ms);
        yield next.value;
      }
    } finally {
      await batches.return();
    }
  }

  read(fd: number, into: Uint8Array, position: number): Awaitable<number> {
    const route = this.#routes?.of(fd, "path", "read");
    if (route?.lane === undefined) return this.#run(route, "readInto", [fd, into, position], []);
    return this.#readAside(route, fd, into, position);
  }

  /** Reads beside the event loop: for parts that are large. */
  readPart(fd: number, length: number, position: number): Awaitable<Uint8Array<ArrayBuffer>> {
    return this.#aside(fd, "quick", "read", [fd, length, position]);
  }

  /**
   * Copies a part of an open file to another beside the event loop.
   * @param holes whether blocks of zeros are left out, for they are holes of the source
   * @returns how many bytes; 0 at the end
   */
  async copyPart(
    from: number,
    to: number,
    position: number,
    length: number,
    holes: boolean,
  ): Promise<number> {
    await this.#before?.({ call: "write", path: undefined });
    return this.#aside(from, "long", "copyPart", [from, to, position, length, holes]);
  }

  /** Cuts a file off. */
  async truncate(fd: number, length: number): Promise<void> {
    await this.#before?.({ call: "write", path: undefined });
    return this.#call(fd, "open", "truncate", [fd, length]);
  }

  /** Writes all the bytes. */
  async write(fd: number, bytes: Uint8Array, position: number | null): Promise<void> {
    const held = this.#before?.({ call: "write", path: undefined });
    if (held !== undefined) await held;
    const route = this.#routes?.of(fd, "open", "write");
    // A message takes the whole memory that they are a part of.
    const sent = route?.lane === undefined ? bytes : new Uint8Array(bytes);
    await this.#run(route, "write", [fd, sent, position], sent === bytes ? [] : [sent.buffer as ArrayBuffer]);
  }

  rename(from: string, to: string): Awaitable<void> {
    return this.#naming(
      to,
      from,
      () => this.#before?.({ call: "rename", path: from, to }) ?? this.#changeNames("rename", from, to),
    );
  }

  /** Gives a file another name. Fails with EEXIST, and replaces nothing, where something has it. */
  link(from: string, to: string): Awaitable<void> {
    return this.#naming(
      to,
      from,
      () => this.#before?.({ call: "link", path: from, to }) ?? this.#changeNames("link", from, to),
    );
  }

  /**
   * As {@link Calls.link}, and takes the first name away directly after, by calls in a row: the end of the process is hardly ever
   * between the two.
   * @returns false where the first name was not taken away, and is to be
   */
  linkAndUnlink(from: string, to: string, { ino, birthtimeNs }: FileId): Awaitable<boolean> {
    // Tests end it between the two.
    if (this.#before !== undefined) {
      const linked = this.link(from, to);
      return linked instanceof Promise ? linked.then(() => false) : false;
    }
    return this.#naming(to, from, () =>
      this.#run(
        this.#routeOf("linkAndUnlink", from, to),
        "linkAndUnlink",
        [from, to, { ino, birthtimeNs }],
        [],
      ),
    );
  }

  /** @param frees how many bytes of content may go with the name: much takes its time, and is freed in a worker */
  unlink(path: FilePath, frees: bigint = 0n): Awaitable<void> {
    const held = this.#before?.({ call: "unlink", path });
    if (held !== undefined) return held;
    if (frees > quicklyFreed) return this.#aside(path, "long", "unlink", [path]);
    return this.#call(path, "change", "unlink", [path]);
  }

  rmdir(path: FilePath): Awaitable<void> {
    return this.#before?.({ call: "rmdir", path }) ?? this.#call(path, "change", "rmdir", [path]);
  }

  mkdir(path: string, mode = 0o777): Awaitable<void> {
    return this.#naming(
      path,
      undefined,
      () => this.#before?.({ call: "mkdir", path }) ?? this.#call(path, "change", "mkdir", [path, mode]),
    );
  }

  chmod(path: string, mode: number): Awaitable<void> {
    return this.#before?.({ call: "mode", path }) ?? this.#call(path, "change", "chmod", [path, mode]);
  }

  fchmod(fd: number, mode: number): Awaitable<void> {
    const held = this.#before?.({ call: "mode", path: undefined });
    return held ?? this.#call(fd, "open", "fchmod", [fd, mode]);
  }

  fchown(fd: number, user: number, group: number): Awaitable<void> {
    const held = this.#before?.({ call: "owner", path: undefined });
    return held ?? this.#call(fd, "open", "fchown", [fd, user, group]);
  }

  /** Times are seconds since the epoch. */
  futimes(fd: number, accessed: number, modified: number): Awaitable<void> {
    const held = this.#before?.({ call: "times", path: undefined });
    return held ?? this.#call(fd, "open", "futimes", [fd, accessed, modified]);
  }

  utimes(path: string, accessed: number, modified: number): Awaitable<void> {
    const held = this.#before?.({ call: "times", path });
    return held ?? this.#call(path, "change", "utimes", [path, accessed, modified]);
  }

  /** Removes whatever has a name that is no text, with all below it. */
  async removeAll(path: FilePath): Promise<void> {
    await this.#before?.({ call: "unlink", path });
    await this.#aside(path, "long", "removeAll", [path]);
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

  statfs(path: string): Awaitable<BigIntStatsFs> {
    return this.#call(path, "path", "statfs", [path]);
  }

  #call<Name extends FileOperation>(
    target: FilePath | number,
    need: Need,
    operation: Name,
    args: Args<Name>,
  ): Awaitable<Result<Name>> {
    return this.#run(this.#routes?.of(target, need, operation), operation, args, []);
  }

  #fileOpened(path: string, opened: OpenedFile | undefined): OpenedFile | undefined {
    if (opened === undefined) return undefined;
    this.#files.add(path);
    if (opened.fd !== undefined) this.#routes?.opened(opened.fd, path);
    return opened;
  }

  async #readAside(route: Route, fd: number, into: Uint8Array, position: number): Promise<number> {
    const bytes = await this.#run(route, "read", [fd, into.byteLength, position], []);
    into.set(bytes);
    return bytes.byteLength;
  }

  #patiently<Value>(open: () => Awaitable<Value>): Awaitable<Value> {
    return patiently(this.#whenNoDescriptor, open);
  }

  #naming<Value>(name: string, source: string | undefined, call: () => Awaitable<Value>): Awaitable<Value> {
    const isThere = (path: string): Awaitable<boolean> => this.#call(path, "look", "isThere", [path]);
    return givingName({ name, source, call, isThere });
  }

  #changeNames(operation: "rename" | "link", from: string, to: string): Awaitable<void> {
    return this.#run(this.#routeOf(operation, from, to), operation, [from, to], []);
  }

  /** Of a call that changes two names. */
  #routeOf(operation: FileOperation, from: string, to: string): Route {
    const old = this.#routes?.of(from, "change", operation);
    const anew = this.#routes?.of(to, "change", operation);
    const came = (ms: number): void => {
      old?.came(ms);
      anew?.came(ms);
    };
    return { lane: old?.lane ?? anew?.lane, came };
  }

  /** Beside the event loop, where there are workers: it takes its time by its nature. */
  #aside<Name extends FileOperation>(
    target: FilePath | number,
    kind: "quick" | "long",
    operation: Name,
    args: Args<Name>,
  ): Awaitable<Result<Name>> {
    const lane = this.#routes?.aside(target, kind);
    return lane === undefined ? here(operation, args) : lane.run(operation, args);
  }

  #run<Name extends FileOperation>(
    route: Route | undefined,
    operation: Name,
    args: Args<Name>,
    transfer: readonly ArrayBuffer[],
  ): Awaitable<Result<Name>> {
    if (route === undefined) return here(operation, args);
    const { lane, came } = route;
    if (lane !== undefined) return lane.run(operation, args, { took: came, transfer });
    const began = callTime.begin();
    try {
      return here(operation, args);
    } finally {
      came(callTime.since(began));
    }
  }

  #opened<Value>(
    path: FilePath,
    opening: Awaitable<Value>,
    fdOf: (value: Value) => number,
  ): Awaitable<Value> {
    const note = (value: Value): Value => {
      this.#routes?.opened(fdOf(value), path);
      return value;
    };
    return opening instanceof Promise ? opening.then(note) : note(opening);
  }
}

/** Linux: names a file without opening it. Nothing can happen to a device or a pipe that is only named. */
const O_PATH = 0o10000000;

/**
 * The content of files up to this size, in bytes, comes along when they are opened: a second call costs more, and most of all
 * a second message to a worker.
 */
const contentAlong = 16 * 1024;

/** Content up to this size, in bytes, is freed without a pause. */
const quicklyFreed = 8n * 1024n * 1024n;

/** Of calls on this thread. */
const callTime = new CallTime();

let lastDirectory = 0;

async function* readNamesHere(
  path: string,
  took: (ms: number) => void,
): AsyncGenerator<NameBatch, void, void> {
  lastDirectory += 1;
  const id = lastDirectory;
  try {
    for (let first = true; ; first = false) {
      const began = callTime.begin();
      const batch = first ? fileOperations.openNames(id, path, false) : fileOperations.readNames(id);
      took(callTime.since(began));
      yield batch;
      if (batch.ended) return;
    }
  } finally {
    fileOperations.closeNames(id);
  }
}

function isDescriptor(path: string): boolean {
  return /^\/proc\/self\/fd\/\d+$/.test(path);
}

/** Each mount has threads of its own for them: those that wait for one hold those of another up no longer. */
function syncsOf(routes: Routes | undefined): Syncs {
  if (routes === undefined) return new Syncs();
  const fsync = (fd: number): Promise<void> => routes.aside(fd, "long").run("sync", [fd]);
  return new Syncs({ fsync, atOnce: Number.POSITIVE_INFINITY });
}
