/** One folder on one machine: its files as a tree of resources, with dead properties and locks in LMDB. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav/path";
import { steadyNow } from "@meanwhile/operations";
import type { LockStore, Tree } from "@meanwhile/server/store";
import type { RootDatabase } from "lmdb";
import { Calls } from "./calls.ts";
import { DeadProperties } from "./dead-properties.ts";
import { Folder } from "./folder.ts";
import { FolderTree } from "./folder-tree.ts";
import { openLockStore } from "./lock-store.ts";
import { Pace } from "./pace.ts";
import { openStateDatabase } from "./state-database.ts";
import { StateError } from "./state-error.ts";
import { holdState } from "./state-hold.ts";
import { sweep } from "./sweep.ts";
import { Temporaries } from "./temporaries.ts";
import { Works, type WorksOptions } from "./works.ts";
import { WriteQueue } from "./write-queue.ts";

export { StateError, type StateErrorCode } from "./state-error.ts";

/** Something for the log. */
export type DiskEvent = {
  /** Hidden files of earlier work could not be removed from this collection; the next start tries again. */
  readonly kind: "left-behind";
  readonly collection: ResourcePath;
};

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
  readonly log?: (event: DiskEvent) => void;
}

export interface Disk {
  readonly tree: Tree;
  readonly locks: LockStore;
  /** Ends everything, drafts included. Nothing is called afterwards. */
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
  const state = makeStateDirectory(options.state);
  const randomId = options.randomId ?? (() => randomBytes(16).toString("hex"));
  const hold = await holdState(state, { randomId });
  try {
    const database = await openStateDatabase(state, root);
    try {
      const { disk } = await openParts(options, { root, state, database, randomId });
      return {
        ...disk,
        close: async () => {
          await disk.close();
          await database.close();
          await hold.release();
        },
      };
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    await hold.release();
    throw error;
  }
}

interface Opened {
  readonly root: string;
  readonly state: string;
  readonly database: RootDatabase;
  readonly randomId: () => string;
}

async function openParts(options: DiskOptions, opened: Opened): Promise<{ readonly disk: Disk }> {
  const { root, state, database, randomId } = opened;
  const clock = options.clock ?? Date.now;
  const left = (collection: ResourcePath): void => options.log?.({ kind: "left-behind", collection });
  const queue = new WriteQueue(database);
  const folder = new Folder({ root, state, calls: new Calls(new Pace()) });
  const temporaries = new Temporaries({ database, queue, randomId });
  const works = openWorks({ file: join(state, "works"), calls: folder.calls, randomId, clock });
  for (const collection of await sweep(folder, temporaries, works.names())) left(collection);
  const maxBytes = options.maxPropertyBytes;
  const deadProperties = new DeadProperties({
    database,
    queue,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const tree = new FolderTree({ folder, deadProperties, temporaries, works, clock, left });
  const locks = openLockStore({ database, clock: options.clock ?? steadyNow });
  const close = async (): Promise<void> => {
    await tree.close();
    await locks.close?.();
    await temporaries.close();
    await deadProperties.settled();
    await queue.settled();
  };
  return { disk: { tree, locks, close } };
}

function openWorks(options: WorksOptions): Works {
  try {
    return new Works(options);
  } catch (cause) {
    throw new StateError("unusable", `the file ${options.file} cannot be read and written`, { cause });
  }
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

function makeStateDirectory(state: string): string {
  try {
    const made = mkdirSync(state, { recursive: true, mode: 0o700 });
    const real = realpathSync.native(state);
    // What the process masks must not keep it from its own state.
    if (made !== undefined) chmodSync(real, 0o700);
    return real;
  } catch (cause) {
    throw new StateError("unusable", `the state directory ${state} cannot be made`, { cause });
  }
}
