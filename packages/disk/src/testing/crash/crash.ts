/** A disk whose process ends at a certain change, and another that goes on where it was ended. */
import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ResourcePath } from "@meanwhile/dav";
import { TreeError } from "@meanwhile/server/store";
import { isFull, type Part, type PartOptions } from "@meanwhile/state-lmdb";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { type Database, open, type RootDatabase } from "lmdb";
import { onTestFinished } from "vitest";
import type { BeforeChange, Change } from "../../calls/before-change.ts";
import { Calls } from "../../calls/calls.ts";
import type { Durability } from "../../calls/durability.ts";
import { fileOperations, openDirectories } from "../../calls/file-operations.ts";
import { Syncs } from "../../calls/syncs.ts";
import { Folder } from "../../paths/folder.ts";
import { HeldDirectories } from "../../paths/held-directories.ts";
import { sweep } from "../../placing/sweep.ts";
import { Temporaries } from "../../placing/temporaries.ts";
import { DeadProperties } from "../../properties/dead-properties.ts";
import { FolderTree } from "../../trees/folder-tree.ts";
import { Pace } from "../../workers/pace.ts";
import type { WorkFacts } from "../../works/work-facts.ts";
import { Works } from "../../works/works.ts";
import { makeFolder } from "../disk.ts";
import { FoldingCalls, type Form } from "../folding-calls.ts";

/** A folder with its state, in which processes follow each other. */
export interface CrashSite {
  readonly folder: string;
  readonly state: string;
  readonly database: RootDatabase;
  /** Told of each change before the end is decided; may throw in the file system's place. */
  readonly fault: ((change: Change) => void) | undefined;
  /** Called before each transaction of the database; may throw in its place. */
  readonly databaseFault?: () => void;
  readonly durability: Durability;
  /** Spellings of a name that are one; undefined: none are. */
  readonly form?: Form;
}

export function makeCrashSite(fault?: (change: Change) => void, durability: Durability = "full"): CrashSite {
  const { folder, state } = makeFolder();
  // What a process committed is there for the next: durability is another matter.
  const database = open({ path: state, maxDbs: 32, noSubdir: false, noSync: true });
  onTestFinished(() => database.close());
  return { folder, state, database, fault, durability };
}

export interface Process {
  readonly tree: FolderTree;
  /** Resolves once the process has ended; never, where it was not to end. */
  readonly ended: Promise<"ended">;
  /** Changes so far. */
  readonly changes: number;
  readonly left: readonly ResourcePath[];
  /** Tidies up, as a disk does when it is opened, and says which works are resumed. */
  recover(works: ReadonlySet<string>): Promise<void>;
}

/**
 * Starts on the folder of a site. @param endAt the change before which the process ends, the first being 1
 */
export function startProcess(site: CrashSite, endAt: number = Number.POSITIVE_INFINITY): Process {
  let changes = 0;
  let end = (_: "ended"): void => undefined;
  const ended = new Promise<"ended">((resolve) => {
    end = resolve;
  });
  const step = (): Promise<never> | undefined => {
    changes += 1;
    if (changes < endAt) return undefined;
    end("ended");
    return new Promise<never>(() => {});
  };
  const before: BeforeChange = (change) => {
    site.fault?.(change);
    // The end of the process finds the same before a sync as after it.
    return change.call === "sync" ? undefined : step();
  };
  const state = stateIn(site.database, () => {
    site.databaseFault?.();
    return step();
  });
  // What was written is there for the next process in any case; and nothing may come back after the end of this one.
  const syncs = new Syncs({ fsync: async () => {} });
  const options = { durability: site.durability, syncs };
  const calls =
    site.form === undefined
      ? new Calls(new Pace(), before, options)
      : new FoldingCalls(site.form, new Pace(), before, options);
  // What a process that ended has open is closed by its number, and by nobody else.
  const held = new HeldDirectories({ most: 0 });
  const folder = new Folder({ root: site.folder, state: site.state, calls, held });
  let id = 0;
  const randomId = (): string => `r${process.hrtime.bigint()}-${++id}`;
  const left: ResourcePath[] = [];
  starts += 1;
  const owner = { id: "site", epoch: starts };
  const temporaries = new Temporaries({ part: state.part(told), randomId, owner });
  const works = new Works({
    part: tellingOfSyncs(state.part(told), site),
    randomId,
    owner,
    clock: Date.now,
    durable: site.durability !== "none",
  });
  const tree = new FolderTree({
    folder,
    deadProperties: new DeadProperties({ part: state.part(told) }),
    temporaries,
    works,
    clock: Date.now,
    left: (path) => left.push(path),
  });
  return {
    tree,
    ended,
    left,
    recover: async (resumed) => {
      await sweep(folder, temporaries, works.names());
      await tree.recovered(resumed);
    },
    get changes() {
      return changes;
    },
  };
}

let starts = 0;

/** Changes that have to survive a loss of power are told as syncs of "works". */
function tellingOfSyncs(part: Part, { fault }: CrashSite): Part {
  return {
    table: (name, encoding) => part.table(name, encoding),
    change: async (work, options) => {
      if (options?.durable !== false) fault?.({ call: "sync", path: "works" });
      return part.change(work, options);
    },
  };
}

/** What is recorded of a work. */
export function recordedFacts({ database }: CrashSite, work: string): WorkFacts | undefined {
  return worksIn(database).get([work, 0]);
}

/** Records something else of a work. */
export async function recordFacts({ database }: CrashSite, work: string, facts: WorkFacts): Promise<void> {
  await worksIn(database).put([work, 0], facts);
}

function worksIn(database: RootDatabase): Database<WorkFacts, [string, number]> {
  return database.openDB({ name: "works", encoding: "json" });
}

const told: PartOptions = {
  failure: (cause) => new TreeError(isFull(cause) ? "no-space" : "unavailable", "not written", { cause }),
};

/** Closes, as the end of a process does, what one that was ended had open. */
export async function reap(site: CrashSite): Promise<void> {
  // Whatever goes on beside the event loop comes back first, and gets as far as its next change.
  for (let turn = 0; turn < 8; turn += 1) {
    await Promise.all([1, 2, 3, 4].map(() => stat(site.folder)));
    await nextTurn();
  }
  for (const id of openDirectories.keys()) fileOperations.closeNames(id);
  if (!existsSync("/proc/self/fd")) return;
  for (const fd of readdirSync("/proc/self/fd")) {
    closeQuietly(() => {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      const own = target.startsWith(site.folder);
      // Directories whose names are synced close themselves, some of them in this very moment.
      if (own && !isOpenDirectory(fd)) closeSync(Number(fd));
    });
  }
}

function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    // It was closed before.
  }
}

function isOpenDirectory(fd: string): boolean {
  const [, octal = "0"] = /flags:\s(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  const flags = Number.parseInt(octal, 8);
  return (flags & 0o200000) !== 0 && (flags & 0o10000000) === 0;
}
