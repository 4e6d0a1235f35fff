/** A journal on one machine, in LMDB: operations survive their process. */
import { join } from "node:path";
import {
  type DurableJournal,
  fullRetention,
  JournalError,
  type JournalErrorCode,
  type JournalStore,
  journalFailure,
  type KeptJournalSettings,
  keptJournal,
} from "@meanwhile/operations/internal";
import { openState, type Part, type State, StateError, type StateErrorCode } from "@meanwhile/state-lmdb";

export {
  type DurableJournal,
  JournalError,
  type JournalErrorCode,
  type KeptJournalSettings,
} from "@meanwhile/operations/internal";

/**
 * Opens the journal in a directory of its own, which is created where it is missing. `put` resolves once the entry is
 * committed: neither the end of the process, however it comes, nor a loss of power undoes it, as far as the disk keeps
 * what it says it has flushed. A thread of its own writes and flushes. What entries are found by is kept in memory, some
 * 500 bytes for each.
 *
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT", "ERR_JOURNAL_FORMAT", "ERR_JOURNAL_FULL", "ERR_JOURNAL_UNAVAILABLE";
 *   "ERR_JOURNAL_IN_USE" if another process uses the directory
 */
export async function lmdbJournal(
  directory: string,
  settings: KeptJournalSettings = {},
): Promise<DurableJournal> {
  fullRetention(settings.retention);
  const state = await openState({ directory, file: "journal.mdb", makeRoom: noRoom }).catch(
    (cause: unknown) => {
      throw explained(cause, directory);
    },
  );
  try {
    const store = storeIn(state.part({ failure: notWritten }));
    const journal = await keptJournal({
      ...settings,
      store,
      file: state.file,
      files: join(directory, "contents"),
    });
    return closing(journal, state);
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** Nothing is held in reserve on the disk. */
const noRoom = (): boolean => false;

/** Where {@link journalIn} keeps operations, and what it does first. */
export interface StateJournalSettings extends KeptJournalSettings {
  /** Called before anything is recorded, which waits for what it returns: what the journal tells of has to survive first. */
  readonly before?: () => Promise<void>;
}

/**
 * Opens the journal in a state that has other records, too. The state's owner closes it, after the journal.
 *
 * @throws {JournalError} as {@link lmdbJournal}
 */
export function journalIn(
  state: State,
  { before, ...settings }: StateJournalSettings = {},
): Promise<DurableJournal> {
  const part = state.part({ root: 0, failure: notWritten, ...(before === undefined ? {} : { before }) });
  return keptJournal({
    ...settings,
    store: storeIn(part),
    file: state.file,
    files: join(state.directory, "contents"),
  });
}

function storeIn(part: Part): JournalStore {
  return { records: part.table("journal", "binary"), change: (work, options) => part.change(work, options) };
}

function notWritten(cause: Error): JournalError {
  return journalFailure("the journal could not be written", cause);
}

const codes: Partial<Record<StateErrorCode, JournalErrorCode>> = {
  "in-use": "ERR_JOURNAL_IN_USE",
  "no-space": "ERR_JOURNAL_FULL",
  corrupt: "ERR_JOURNAL_CORRUPT",
};

/** What is thrown where the directory cannot be opened. */
function explained(cause: unknown, directory: string): JournalError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof StateError ? codes[cause.code] : undefined;
  const message = `the journal in ${directory} cannot be opened: ${why}`;
  return new JournalError(code ?? "ERR_JOURNAL_UNAVAILABLE", message, { cause });
}

function closing(journal: DurableJournal, state: State): DurableJournal {
  let closed: Promise<void> | undefined;
  return {
    put: (entry, options) => journal.put(entry, options),
    take: (entry, replaces, options) => journal.take(entry, replaces, options),
    mark: (id, marks) => journal.mark(id, marks),
    get: (id) => journal.get(id),
    byKey: (name) => journal.byKey(name),
    list: (principal, limit) => journal.list(principal, limit),
    unfinished: () => journal.unfinished(),
    remove: (id) => journal.remove(id),
    close() {
      closed ??= journal.close().then(() => state.close());
      return closed;
    },
  };
}
