/** A journal that survives its process, and what its user may choose. */

import type { EntryMarks, Journal, JournalEntry, PutOptions } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import type { After } from "../time/timers.ts";

/** A journal that answers later, and has to be closed. */
export interface DurableJournal extends Journal {
  put(entry: JournalEntry, options?: PutOptions): Promise<void>;
  take(
    entry: JournalEntry,
    replaces: string | undefined,
    options?: PutOptions,
  ): Promise<JournalEntry | undefined>;
  mark(id: string, marks: EntryMarks): Promise<void>;
  get(id: string): Promise<JournalEntry | undefined>;
  byKey(name: string): Promise<JournalEntry | undefined>;
  list(principal: string, limit: number): Promise<readonly JournalEntry[]>;
  unfinished(): Promise<readonly JournalEntry[]>;
  remove(id: string): Promise<void>;
  /** Resolves once all that was put is committed. What is put later is refused. */
  close(): Promise<void>;
}

/** Retention, clocks and limits of a journal that survives its process. */
export interface KeptJournalSettings {
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
}
