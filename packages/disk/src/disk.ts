/** One folder on one machine: its files as a tree of resources, with dead properties and locks in LMDB. */
import { randomBytes } from "node:crypto";
import { lstatSync, realpathSync, statSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { steadyNow } from "@meanwhile/operations/internal";
import { type ExpiringTables, heldTables } from "@meanwhile/server";
import { keptLocks, Sessions, type UploadStore } from "@meanwhile/server/internal";
import { type LockStore, type Tree, TreeError } from "@meanwhile/server/store";
import { isFull, openState, type Part, type State, StateError, type Table } from "@meanwhile/state-lmdb";
import { Calls, type SyncOptions } from "./calls/calls.ts";
import type { Durability } from "./calls/durability.ts";
import { treeError } from "./calls/errno.ts";
import { keptDraftName } from "./documents/kept-draft.ts";
import { MovedTags } from "./documents/moved-tags.ts";
import { Folder } from "./paths/folder.ts";
import { HeldDirectories } from "./paths/held-directories.ts";
import type { NameOwner } from "./paths/names.ts";
import { sweep } from "./placing/sweep.ts";
import { Temporaries } from "./placing/temporaries.ts";
import { DeadProperties } from "./properties/dead-properties.ts";
import { claimState, noRoot, onlyRoot } from "./state/claim-state.ts";
import { prepareState, stateFile } from "./state/prepare-state.ts";
import { recogniseRoot } from "./state/served-root.ts";
import { FolderTree } from "./trees/folder-tree.ts";
import { FileWorkers } from "./workers/file-workers.ts";
import { Pace } from "./workers/pace.ts";
import { patience } from "./workers/patience.ts";
import { Routes } from "./workers/routes.ts";
import { Works } from "./works/works.ts";

export type { Durability } from "./calls/durability.ts";

/** Something for the log. */
export type DiskEvent =
  /** Hidden files of earlier work could not be removed from this collection; the next start tries again. */
  | { readonly kind: "left-behind"; readonly collection: ResourcePath }
  /** A file system here cannot sync directories: new names may be lost with the power. Told once. */
  | { readonly kind: "unsyncable"; readonly reason: string }
  /** With durability "content": names in a directory could not be synced after they were answered for. */
  | { readonly kind: "not-synced"; readonly reason: string };

/** The folder, its state, and how durable answers are. */
export interface DiskOptions {
  /** The folder to serve: it must exist. */
  readonly folder: string;
  /** Where dead properties and locks are kept; made if need be, for this user alone. It serves this folder only. */
  readonly state: string;
  /** Milliseconds since the epoch. Default: the time of day, and for locks a clock that does not jump. */
  readonly clock?: () => number;
  /** Unguessable, of letters, digits and "-". Default: 128 random bits. */
  readonly randomId?: () => string;
  /** Default: "full". */
  readonly durability?: Durability;
  /** Takes the folder although it is not the one that the state belongs to: it was restored, replaced, or moved. Default: false. */
  readonly acceptNewRoot?: boolean;
  /** Told what needs a person's attention. */
  readonly log?: (event: DiskEvent) => void;
  /**
   * Nobody waits for the calling thread before {@link Disk.begin}, so that all calls are made there: a worker for the few of a start
   * would take longer than they do. Default: false.
   */
  readonly starting?: boolean;
}

/** A folder as a store. */
export interface Disk {
  readonly tree: Tree;
  readonly locks: LockStore;
  /** Where uploads are recorded that may be gone on with. */
  readonly uploads: UploadStore;
  /** Of those who log in with a browser. */
  readonly sessions: Sessions;
  /** Records that end by themselves, such as failed logins. They are those of the state, whatever folder it is of. */
  readonly tables: ExpiringTables;
  /** Where other records may be kept beside these, in tables of other names. It is closed with the disk. */
  readonly state: State;
  /** Ends what {@link DiskOptions.starting} began: requests come from now on. */
  begin(): void;
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
  const randomId = options.randomId ?? (() => randomBytes(16).toString("hex"));
  const state = await openState({
    directory: options.state,
    file: stateFile,
    randomId,
    prepare: (directory) => prepareState(directory, randomId),
  });
  try {
    const owner = await claimState(state, root, options.acceptNewRoot === true);
    const disk = await openParts(options, { root, state, randomId, owner });
    state.holdRoom();
    return {
      ...disk,
      close: async () => {
        await disk.close();
        await state.close();
      },
    };
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** The threads of this process: without work they end after a minute, and keep it from ending no longer than that work. */
const workers = new FileWorkers();

interface Opened {
  readonly root: string;
  readonly state: State;
  readonly randomId: () => string;
  readonly owner: NameOwner;
}

async function openParts(options: DiskOptions, { root, state, randomId, owner }: Opened): Promise<Disk> {
  const accept = options.acceptNewRoot === true;
  const ofRoot = { root: onlyRoot };
  const mark = await recogniseRoot({ part: state.part(ofRoot), root, randomId, accept });
  const clock = options.clock ?? Date.now;
  const steady = options.clock ?? steadyNow;
  const ofState = (): Part => state.part({ root: noRoot, failure });
  const left = (collection: ResourcePath): void => options.log?.({ kind: "left-behind", collection });
  const pace = new Pace();
  const routes = new Routes({ workers, root, starting: options.starting === true });
  const callOptions: SyncOptions = {
    routes,
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    unsyncable: (error) => options.log?.({ kind: "unsyncable", reason: treeError(error).message }),
    failed: (error) => options.log?.({ kind: "not-synced", reason: treeError(error).message }),
  };
  const calls = new Calls(pace, undefined, callOptions);
  const patient = new Calls(pace, undefined, { ...callOptions, whenNoDescriptor: patience() });
  const namesSynced = async (): Promise<void> => {
    await Promise.all([calls.namesSynced(), patient.namesSynced()]);
  };
  const tellsOfNames = { ...ofRoot, before: namesSynced, failure };
  const deadProperties = new DeadProperties({ part: state.part(tellsOfNames) });
  const tags = new MovedTags(state.part({ ...ofRoot, failure }));
  const served = { stats: lstatSync(root, { bigint: true }), mark };
  const ofFolder = { root, state: state.directory, tags, served, held: new HeldDirectories() };
  const folder = new Folder({ ...ofFolder, calls });
  const workFolder = new Folder({ ...ofFolder, calls: patient });
  const temporaries = new Temporaries({ part: state.part(tellsOfNames), randomId, owner });
  const works = new Works({
    part: state.part({ ...ofRoot, failure }),
    randomId,
    owner,
    clock,
    durable: calls.durability !== "none",
  });
  const uploads: UploadStore = recordsIn(state.part({ ...ofRoot, failure }), "uploads");
  const drafts = [...uploads.records.range()].map(({ key }) => keptDraftName(owner, key));
  const needed = new Set([...works.names(), ...drafts]);
  for (const collection of await sweep(folder, temporaries, needed)) left(collection);
  const tree = new FolderTree({ folder, workFolder, deadProperties, temporaries, works, clock, left });
  return {
    tree,
    state,
    locks: keptLocks({ ...recordsIn(state.part({ ...ofRoot, failure }), "locks"), clock: steady }),
    uploads,
    sessions: new Sessions({ kept: recordsIn(ofState(), "sessions"), clock: steady }),
    tables: heldTables({ clock: steady, records: (name) => recordsIn(ofState(), name) }),
    begin: () => routes.begin(),
    namesSynced,
    makeRoom: () => state.makeRoom(),
    calling: () => workers.busy,
    close: async () => {
      await tree.close();
      await temporaries.close();
      await deadProperties.settled();
      await state.settled();
      await namesSynced();
    },
  };
}

/** A table of JSON by text, and how it is changed. */
function recordsIn(
  part: Part,
  name: string,
): { readonly records: Table<string, unknown>; readonly change: Part["change"] } {
  return { records: part.table(name, "json"), change: (work, how) => part.change(work, how) };
}

/** What a tree, its locks or sessions say where the state could not be written. */
function failure(cause: Error): TreeError {
  return new TreeError(isFull(cause) ? "no-space" : "unavailable", "the database could not be written", {
    cause,
  });
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
