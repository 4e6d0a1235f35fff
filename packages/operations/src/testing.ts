/**
 * What tests of journals need: the contracts of {@link Journal} and `SharedJournal` as data for any test runner.
 *
 * ```ts
 * for (const { name, needs, run } of journalContract) {
 *   test(name, ({ skip }) => {
 *     skip(needs === "reopen" && !subject.reopen, "this journal ends with its process");
 *     return run(subject);
 *   });
 * }
 * ```
 */
export { journalContract } from "./testing/journal-contract.ts";
export { journalEntry } from "./testing/journal-entry.ts";
export type { JournalCase, JournalSubject } from "./testing/journal-subject.ts";
export { ManualClock } from "./testing/shared/manual-clock.ts";
export { sharedJournalContract } from "./testing/shared/shared-journal-contract.ts";
export type {
  JournalOfProcess,
  SharedJournalCase,
  SharedJournalSubject,
} from "./testing/shared/shared-journal-subject.ts";
export { SharedMemory, type SharedMemoryOptions } from "./testing/shared/shared-memory.ts";
