/** A journal on one machine, in LMDB: operations survive their process. */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type After,
  defaultContentLimit,
  fullRetention,
  type Journal,
  type JournalEntry,
  type PutOptions,
  type Retention,
  steadyNow,
  unheldTimeout,
} from "@meanwhile/operations";
import { open, type RootDatabase } from "lmdb";
import { CommitQueue } from "./commit-queue.ts";
import { ContentFiles, flushDirectory } from "./content-files.ts";
import { checkDataFile, checkLength } from "./data-file.ts";
import { own } from "./directory-owner.ts";
import { upgradeFormat } from "./format.ts";
import { JournalError, journalFailure } from "./journal-error.ts";
import { LmdbJournal } from "./lmdb-journal.ts";
import { makePrivateDirectory, makePrivateFiles } from "./private-files.ts";

export { JournalError, type JournalErrorCode } from "./journal-error.ts";

/** A journal that answers later, and has to be closed. */
export interface DurableJournal extends Journal {
  put(entry: JournalEntry, options?: PutOptions): Promise<void>;
  get(id: string): Promise<JournalEntry | undefined>;
  byKey(name: string): Promise<JournalEntry | undefined>;
  list(principal: string, limit: number): Promise<readonly JournalEntry[]>;
  unfinished(): Promise<readonly JournalEntry[]>;
  remove(id: string): Promise<void>;
  /** Resolves once all that was put is committed. What is put later is refused. */
  close(): Promise<void>;
}

export interface LmdbJournalSettings {
  readonly retention?: Partial<Retention>;
  /** The time of day, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** The clock by which the time of what is kept passes; default `now`, else one that does not jump. */
  readonly lease?: () => number;
  /** Timers, by which secrets are forgotten; by default they do not keep the process alive. */
  readonly after?: After;
  /** Longer contents are left out; in bytes, default 16 MiB. */
  readonly contentLimit?: number;
  /** Contents up to this length lie in the record, longer ones in a file; in bytes, default 64 KiB. */
  readonly memoryLimit?: number;
  /**
   * Called where the disk is full, and what is to be recorded frees room: gives up what is held in reserve for that.
   * Returns false where there is nothing. Default: nothing is.
   */
  readonly makeRoom?: () => boolean;
}

export interface OpenJournalOptions extends LmdbJournalSettings {
  /** The environment; the journal has a database of its own in it, named "journal". Its owner closes it. */
  readonly database: RootDatabase;
  /** A directory for large contents alone; created, readable by its owner alone, where it is missing. */
  readonly files: string;
}

/**
 * Opens the journal in an environment that one process uses at a time, which its owner sees to.
 *
 * `put` resolves once the entry is committed: neither the end of the process, however it comes, nor a loss of power
 * undoes it, as far as the disk keeps what it says it has flushed. Progress between two puts is lost. All that is put
 * in one turn of the event loop is flushed together; the process stands still while the disk does so.
 *
 * What entries are found by is kept in memory, some 500 bytes for each, as many as `retention.entries` and those that run.
 *
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT", "ERR_JOURNAL_FORMAT", "ERR_JOURNAL_FULL", "ERR_JOURNAL_UNAVAILABLE"; nothing is deleted
 * @throws {TypeError} `ERR_RETENTION` for a retention that cannot be
 */
export async function openJournal(options: OpenJournalOptions): Promise<DurableJournal> {
  const { database, files } = options;
  const file = pathOf(database);
  const retention = fullRetention(options.retention);
  try {
    const records = database.openDB<Uint8Array, string>({ name: "journal", encoding: "binary" });
    upgradeFormat(records, file);
    return await LmdbJournal.open({
      records,
      commits: new CommitQueue(database, options.makeRoom),
      contents: await ContentFiles.open(files),
      file,
      retention,
      contentLimit: options.contentLimit ?? defaultContentLimit,
      memoryLimit: options.memoryLimit ?? 64 * 1024,
      now: options.now ?? Date.now,
      lease: options.lease ?? options.now ?? steadyNow,
      after: options.after ?? unheldTimeout,
    });
  } catch (cause) {
    throw explained(cause, file);
  }
}

/**
 * Opens the journal in a directory of its own, which is created where it is missing: see {@link openJournal}.
 *
 * @throws {JournalError} as {@link openJournal}; "ERR_JOURNAL_IN_USE" if another process uses the directory
 */
export async function lmdbJournal(
  directory: string,
  settings: LmdbJournalSettings = {},
): Promise<DurableJournal> {
  const path = join(directory, "journal.mdb");
  const retention = fullRetention(settings.retention);
  let database: RootDatabase;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await makePrivateDirectory(directory);
    await checkDataFile(path);
    database = open({ path });
  } catch (cause) {
    throw explained(cause, path);
  }
  try {
    await makePrivateFiles(directory, /^journal\.mdb(-lock)?$/);
    await checkLength(path, database.getStats());
    const release = await own(directory, database);
    try {
      const journal = await openJournal({
        ...settings,
        retention,
        database,
        files: join(directory, "contents"),
      });
      // What is put is kept only if the files that it is in have their names.
      for (const named of [directory, dirname(resolve(directory))]) await flushDirectory(named);
      return closing(journal, async () => {
        await release();
        await database.close();
      });
    } catch (error) {
      await release();
      throw error;
    }
  } catch (cause) {
    await database.close();
    throw explained(cause, path);
  }
}

function closing(journal: DurableJournal, after: () => Promise<void>): DurableJournal {
  let closed: Promise<void> | undefined;
  return {
    put: (entry, options) => journal.put(entry, options),
    get: (id) => journal.get(id),
    byKey: (name) => journal.byKey(name),
    list: (principal, limit) => journal.list(principal, limit),
    unfinished: () => journal.unfinished(),
    remove: (id) => journal.remove(id),
    close() {
      closed ??= journal.close().then(after);
      return closed;
    },
  };
}

function explained(cause: unknown, file: string): unknown {
  if (cause instanceof JournalError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const failure = journalFailure(`the journal ${file} cannot be opened: ${why}`, cause);
  if (failure.code !== "ERR_JOURNAL_FULL") return failure;
  const message = `the disk with the journal ${file} is full: free some room there, then start again`;
  return new JournalError("ERR_JOURNAL_FULL", message, { cause });
}

/** Its type does not say so, but an environment knows its path. */
function pathOf(database: RootDatabase): string {
  const path: unknown = Reflect.get(database, "path");
  return typeof path === "string" ? path : "in this environment";
}
