/** For our own packages: what engine, journals and HTTP have in common. It may change with any version. */
export { unheldTimeout } from "./claims.ts";
export { withinLimit } from "./content-limit.ts";
export { type Admission, admit, type Earlier, findEarlier, runsHere } from "./earlier.ts";
export { type IndexedEntry, indexed, JournalIndex } from "./journal-index.ts";
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
export { longestRemark } from "./progress.ts";
export { fullRetention } from "./retention.ts";
export { type SecretClocks, SecretWatch, secretMs, secretSince, withoutSecrets } from "./secrets.ts";
export { steadyNow } from "./steady-clock.ts";
export { type Asker, askerOf, createWorkQueue, type WorkQueue } from "./work-queue.ts";
