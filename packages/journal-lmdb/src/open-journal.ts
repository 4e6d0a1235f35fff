/** The journal in an LMDB environment that is open. */
import { defaultContentLimit } from "@meanwhile/operations";
import { fullRetention, steadyNow, unheldTimeout } from "@meanwhile/operations/internal";
import type { RootDatabase } from "lmdb";
import { CommitQueue } from "./commit-queue.ts";
import { ContentFiles } from "./content-files.ts";
import type { DurableJournal, LmdbJournalSettings } from "./durable-journal.ts";
import { upgradeFormat } from "./format.ts";
import { JournalError, journalFailure } from "./journal-error.ts";
import { LmdbJournal } from "./lmdb-journal.ts";

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

/** What is thrown where a journal cannot be opened. */
export function explained(cause: unknown, file: string): unknown {
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
