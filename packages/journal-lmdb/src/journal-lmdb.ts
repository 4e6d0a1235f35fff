/** A journal on one machine, in LMDB: operations survive their process. */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fullRetention } from "@meanwhile/operations/internal";
import { open, type RootDatabase } from "lmdb";
import { flushDirectory } from "./content-files.ts";
import { checkDataFile, checkLength } from "./data-file.ts";
import { own } from "./directory-owner.ts";
import type { DurableJournal, LmdbJournalSettings } from "./durable-journal.ts";
import { explained, openJournal } from "./open-journal.ts";
import { makePrivateDirectory, makePrivateFiles } from "./private-files.ts";

export type { DurableJournal, LmdbJournalSettings } from "./durable-journal.ts";
export { JournalError, type JournalErrorCode } from "./journal-error.ts";

/**
 * Opens the journal in a directory of its own, which is created where it is missing. `put` resolves once the entry is
 * committed: neither the end of the process, however it comes, nor a loss of power undoes it, as far as the disk keeps
 * what it says it has flushed. What entries are found by is kept in memory, some 500 bytes for each.
 *
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT", "ERR_JOURNAL_FORMAT", "ERR_JOURNAL_FULL", "ERR_JOURNAL_UNAVAILABLE";
 *   "ERR_JOURNAL_IN_USE" if another process uses the directory
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
