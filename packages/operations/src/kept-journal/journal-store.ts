/** Where a journal keeps its records. */
import type { PutOptions } from "../journal/journal.ts";

/** Records by key, as bytes. They are put and removed within a change only. */
export interface JournalRecords {
  get(key: string): Uint8Array | undefined;
  /** All that there are, in any order. */
  range(): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
  put(key: string, record: Uint8Array): void;
  remove(key: string): void;
}

/** Keys have at most 64 letters and digits. */
export interface JournalStore {
  readonly records: JournalRecords;
  /**
   * Runs `work`, which puts and removes records: whole or not at all. Resolves once the end of the process cannot undo that
   * any more, nor a loss of power, unless it need not be durable. A change that frees room may use what is held for that.
   *
   * @throws {JournalError} "ERR_JOURNAL_FULL", "ERR_JOURNAL_UNAVAILABLE" where it could not be written; what `work` throws
   */
  change(work: () => void, options?: PutOptions): Promise<void>;
}
