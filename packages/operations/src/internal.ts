/** For our own packages: what engine, journals and HTTP have in common. It may change with any version. */
export { type Admission, admit, type Earlier, findEarlier, runs } from "./engine/earlier.ts";
export { type Asker, askerOf, createWorkQueue, type WorkQueue } from "./engine/work-queue.ts";
export { withinLimit } from "./journal/content-limit.ts";
export { type IndexedEntry, indexed, JournalIndex } from "./journal/journal-index.ts";
export { fullRetention } from "./journal/retention.ts";
export { type SecretClocks, SecretWatch, secretMs, secretSince, withoutSecrets } from "./journal/secrets.ts";
export {
  type DurableJournal,
  JournalError,
  type JournalErrorCode,
  type JournalRecords,
  type JournalStore,
  journalFailure,
  type KeptJournalOptions,
  type KeptJournalSettings,
  keptJournal,
} from "./kept-journal/kept-journal.ts";
export { longestRemark } from "./operation/progress.ts";
export { steadyNow } from "./time/steady-clock.ts";
export { longestTimeoutMs, unheldTimeout } from "./time/timers.ts";
