import type { Journal } from "../../journal/journal.ts";
import type { SharedJournal } from "../../journal/shared-journal.ts";
import type { After } from "../../time/timers.ts";

/** A journal as one of several processes has it. */
export type JournalOfProcess = Journal & { readonly shared: SharedJournal };

/** A store that several processes share, to be judged. Each case gets an empty one. */
export interface SharedJournalSubject {
  /** Opens the journal of one more process, whose lease begins now. */
  open(): Promise<JournalOfProcess>;
  /** The clock of the store, and of the engines that use it. */
  readonly now: () => number;
  /** Timers by that clock. */
  readonly after: After;
  /** Lets so much time pass, timers go off, and all that follows from them happen. */
  advance(ms: number): Promise<void>;
}

/** One promise of {@link SharedJournal}, or of engines that share one, as a test that any test runner can run. */
export interface SharedJournalCase {
  /** A sentence of behaviour. */
  readonly name: string;
  /** Fails with an `AssertionError` where the promise is broken. */
  run(subject: SharedJournalSubject): Promise<void>;
}
