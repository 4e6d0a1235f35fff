import type { Journal } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";

/** A journal to be judged. Each case gets a subject of its own. */
export interface JournalSubject {
  /** Opens an empty journal; called once. Its content limit is 1 MiB or more. */
  open(retention: Partial<Retention>): Promise<Journal>;
  /** Opens it again with the same retention, as the next process would. Absent where it lasts as long as its process. */
  readonly reopen?: () => Promise<Journal>;
  /** Sets the journal's clocks, in milliseconds since the epoch. They are set before the journal is opened. */
  setNow(ms: number): void;
  /** Sets the time of day alone: the clock by which leases end does not jump. */
  setTimeOfDay(ms: number): void;
}

/** One promise of {@link Journal}, as a test that any implementation and any test runner can run. */
export interface JournalCase {
  /** A sentence of behaviour. */
  readonly name: string;
  /** Leave the case out where the subject does not have this. */
  readonly needs?: "reopen";
  /** Fails with an `AssertionError` where the promise is broken. */
  run(subject: JournalSubject): Promise<void>;
}
