/** One folder on one machine: its files as a tree of resources, with dead properties and locks in LMDB. */
import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { steadyNow } from "@meanwhile/operations/internal";
import type { LockStore, Tree } from "@meanwhile/server/store";
import type { RootDatabase } from "lmdb";
import { Calls, type SyncOptions } from "./calls/calls.ts";
import type { Durability } from "./calls/durability.ts";
import { isFull, treeError } from "./calls/errno.ts";
import { MovedTags } from "./documents/moved-tags.ts";
import { Folder } from "./paths/folder.ts";
import { sweep } from "./placing/sweep.ts";
import { Temporaries } from "./placing/temporaries.ts";
import { DeadProperties } from "./properties/dead-properties.ts";
import { openLockStore } from "./state/lock-store.ts";
import { Reserve } from "./state/reserve.ts";
import { recogniseRoot } from "./state/served-root.ts";
import { openStateDatabase } from "./state/state-database.ts";
import { StateError } from "./state/state-error.ts";
import { holdState } from "./state/state-hold.ts";
import { WriteQueue } from "./state/write-queue.ts";
import { FolderTree } from "./trees/folder-tree.ts";
import { FileWorkers } from "./workers/file-workers.ts";
import { Pace } from "./workers/pace.ts";
import { patience } from "./workers/patience.ts";
import { Routes } from "./workers/routes.ts";
import { Works, type WorksOptions } from "./works/works.ts";

export type { Durability } from "./calls/durability.ts";
export { StateError, type StateErrorCode } from "./state/state-error.ts";

/** Something for the log. */
export type DiskEvent =
  /** Hidden files of earlier work could not be removed from this collection; the next start tries again. */
  | { readonly kind: "left-behind"; readonly collection: ResourcePath }
  /** A file system here cannot sync directories: new names may be lost with the power. Told once. */
  | { readonly kind: "unsyncable"; readonly reason: string }
  /** With durability "content": names in a directory could not be synced after they were answered for. */
  | { readonly kind: "not-synced"; readonly reason: string };

export interface DiskOptions {
  /** The folder to serve: it must exist. */
  readonly folder: string;
  /** Where dead properties and locks are kept; made if need be, for this user alone. It serves this folder only. */
  readonly state: string;
  /** Milliseconds since the epoch. Default: the time of day, and for locks a clock that does not jump. */
  readonly clock?: () => number;
  /** Unguessable, of letters, digits and "-". Default: 128 random bits. */
  readonly randomId?: () => string;
  /** The most bytes that the dead properties of one resource may have together. Default: 1 MiB. */
  readonly maxPropertyBytes?: number;
  /** Default: "full". */
  readonly durability?: Durability;
  /** Takes the folder although it is not the one that the state belongs to: it was restored, or replaced. Default: false. */
  readonly acceptNewRoot?: boolean;
  readonly log?: (event: DiskEvent) => void;
}

export interface Disk {
  readonly tree: Tree;
  readonly locks: LockStore;
  /**
   * Resolves once all names that were answered for are synced. To be awaited before anything outside is recorded that
   * tells of them; it takes no time but with durability "content".
   */
  namesSynced(): Promise<void>;
  /**
   * Gives up room that is held on the disk of the state directory, for what frees more of it.
   * @returns whether there was any: then what failed for want of room may be tried once more
   */
  makeRoom(): boolean;
  /**
   * Whether a call to the file system has not come back. The end of the process waits for the thread that makes it,
   * which nothing can end: only SIGKILL does not wait.
   */
  calling(): boolean;
  /** Ends everything, drafts included. Nothing is called afterwards. Waits for calls that have not come back. */
  close(): Promise<void>;
}

/**
 * Opens a folder, and tidies up what an earlier process left.
 *
 * @throws {StateError} if the folder or its state cannot be used: another process uses it, it belongs to another
 *   folder, a newer version wrote it, it is damaged. Nothing is changed then.
 */
export async function openDisk(options: DiskOptions): Promise<Disk> {
  const root = realFolder(options.folder);
  const { state, made } = makeStateDirectory(options.state);
  const randomId = options.randomId ?? (() => randomBytes(16).toString("hex"));
  const hold = await holdState(state, { randomId });
  const reserve = new Reserve({ file: join(state, "reserve") });
  const open = (): Promise<Disk> => openState(options, { root, state, made, randomId, reserve });
  try {
    const disk = await open().catch((error: unknown) => {
      // A full disk must not keep the server from the requests that free room.
      if (!isFull(error)) throw error;
      if (!reserve.free()) throw error;
      return open();
    });
    reserve.fill();
    return {
      ...disk,
      close: async () => {
        await disk.close();
        await hold.release();
      },
    };
  } catch (error) {
    await hold.release();
    throw isFull(error) ? full(state, error) : error;
  }
}

function full(state: string, cause: unknown): StateError {
  const message = `the disk with the state directory ${state} is full: free some room there, then start again`;
  return new StateError("no-space", message, { cause });
}

async function openState(options: DiskOptions, place: Omit<Opened, "database" | "mark">): Promise<Disk> {
  const database = await openStateDatabase(place.state, place.root);
  try {
    const { root, randomId } = place;
    const accept = options.acceptNewRoot === true;
    const mark = await recogniseRoot({ database, root, randomId, accept });
    const { disk } = await openParts(options, { ...place, database, mark });
    return {
      ...disk,
      close: async () => {
        await disk.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

interface Opened {
  readonly root: string;
  readonly state: string;
  /** Directories with names in them that were just made for the state. */
  readonly made: readonly string[];
  readonly database: RootDatabase;
  /** The mark of the root. */
  readonly mark: string | undefined;
  readonly randomId: () => string;
  readonly reserve: Reserve;
}

/** The threads of this process: without work they end after a minute, and keep it from ending no longer than that work. */
const workers = new FileWorkers();

async function openParts(options: DiskOptions, opened: Opened): Promise<{ readonly disk: Disk }> {
  const { root, state, database, randomId, reserve } = opened;
  const clock = options.clock ?? Date.now;
  const left = (collection: ResourcePath): void => options.log?.({ kind: "left-behind", collection });
  const pace = new Pace();
  const callOptions: SyncOptions = {
    routes: new Routes({ workers, root }),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    unsyncable: (error) => options.log?.({ kind: "unsyncable", reason: treeError(error).message }),
    failed: (error) => options.log?.({ kind: "not-synced", reason: treeError(error).message }),
  };
  const calls = new Calls(pace, undefined, callOptions);
  const patient = new Calls(pace, undefined, { ...callOptions, whenNoDescriptor: patience() });
  const namesSynced = async (): Promise<void> => {
    await Promise.all([calls.namesSynced(), patient.namesSynced()]);
  };
  for (const directory of opened.made) await calls.syncNames(directory);
  const queue = new WriteQueue(database, namesSynced, reserve);
  const tags = new MovedTags({ database, queue });
  const served = { stats: lstatSync(root, { bigint: true }), mark: opened.mark };
  const folder = new Folder({ root, state, calls, tags, served });
  const workFolder = new Folder({ root, state, calls: patient, tags, served });
  const temporaries = new Temporaries({ database, queue, randomId });
  const works = openWorks({ file: join(state, "works"), calls, randomId, clock, reserve });
  for (const collection of await sweep(folder, temporaries, works.names())) left(collection);
  const maxBytes = options.maxPropertyBytes;
  const deadProperties = new DeadProperties({
    database,
    queue,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const tree = new FolderTree({ folder, workFolder, deadProperties, temporaries, works, clock, left });
  const locks = openLockStore({ database, reserve, clock: options.clock ?? steadyNow });
  const close = async (): Promise<void> => {
    await tree.close();
    await locks.close?.();
    await temporaries.close();
    await deadProperties.settled();
    await queue.settled();
    await namesSynced();
  };
  return {
    disk: {
      tree,
      locks,
      namesSynced,
      makeRoom: () => reserve.free(),
      calling: () => workers.busy,
      close,
    },
  };
}

function openWorks(options: WorksOptions): Works {
  try {
    return new Works(options);
  } catch (cause) {
    throw new StateError("unusable", `the file ${options.file} cannot be read and written`, { cause });
  }
}

/** The directories in which those from `directory` up to `first` have their names. */
function above(directory: string, first: string): readonly string[] {
  const parent = dirname(directory);
  return directory === first || parent === directory ? [parent] : [parent, ...above(parent, first)];
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync.native(folder);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw new StateError("unusable", `the folder ${folder} cannot be used`, { cause });
  }
  throw new StateError("unusable", `${folder} is no folder`);
}

function makeStateDirectory(state: string): { readonly state: string; readonly made: readonly string[] } {
  try {
    const first = mkdirSync(state, { recursive: true, mode: 0o700 });
    const real = realpathSync.native(state);
    if (first === undefined) return { state: real, made: [real] };
    // What the process masks must not keep it from its own state.
    chmodSync(real, 0o700);
    return { state: real, made: [real, ...above(real, realpathSync.native(first))] };
  } catch (cause) {
    throw new StateError("unusable", `the state directory ${state} cannot be made`, { cause });
  }
}
