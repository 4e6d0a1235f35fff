/**
 * What tests of journals need: the contract of {@link Journal} as data for any test runner.
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
