/** A journal whose operations survive the process, over records that a {@link JournalStore} keeps. */

import { defaultContentLimit } from "../journal/journal.ts";
import { fullRetention } from "../journal/retention.ts";
import { steadyNow } from "../time/steady-clock.ts";
import { unheldTimeout } from "../time/timers.ts";
import { ContentFiles } from "./content-files.ts";
import type { DurableJournal, KeptJournalSettings } from "./durable-journal.ts";
import { KeptEntries } from "./entries.ts";
import { upgradeFormat } from "./format.ts";
import { JournalError, journalFailure } from "./journal-error.ts";
import type { JournalStore } from "./journal-store.ts";

export type { DurableJournal, KeptJournalSettings } from "./durable-journal.ts";
export { JournalError, type JournalErrorCode, journalFailure } from "./journal-error.ts";
export type { JournalRecords, JournalStore } from "./journal-store.ts";

export interface KeptJournalOptions extends KeptJournalSettings {
  /** Nothing else is kept in it. Its owner closes it. */
  readonly store: JournalStore;
  /** Named in messages. */
  readonly file: string;
  /** A directory for large contents alone; created, readable by its owner alone, where it is missing. */
  readonly files: string;
}

/**
 * Opens the journal in records that one process uses at a time, which their owner sees to.
 *
 * `put` resolves once the entry is committed: neither the end of the process, however it comes, nor a loss of power
 * undoes it, as far as the disk keeps what it says it has flushed. Progress between two puts is lost.
 *
 * What entries are found by is kept in memory, some 500 bytes for each, as many as `retention.entries` and those that run.
 *
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT", "ERR_JOURNAL_FORMAT", "ERR_JOURNAL_FULL", "ERR_JOURNAL_UNAVAILABLE"; nothing is deleted
 * @throws {TypeError} `ERR_RETENTION` for a retention that cannot be
 */
export async function keptJournal(options: KeptJournalOptions): Promise<DurableJournal> {
  const { store, file, files } = options;
  const retention = fullRetention(options.retention);
  try {
    await upgradeFormat(store, file);
    return await KeptEntries.open({
      records: store.records,
      change: (work, how) => store.change(work, how),
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
function explained(cause: unknown, file: string): unknown {
  if (cause instanceof JournalError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const failure = journalFailure(`the journal ${file} cannot be opened: ${why}`, cause);
  if (failure.code !== "ERR_JOURNAL_FULL") return failure;
  const message = `the disk with the journal ${file} is full: free some room there, then start again`;
  return new JournalError("ERR_JOURNAL_FULL", message, { cause });
}
