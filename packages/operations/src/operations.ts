/** Work that outlives the request that asked for it: the engine, and the journals that keep it. */
export { type Claim, ClaimLimitError, type Claims, type Release } from "./claims/claims.ts";
export { createOperations } from "./engine/create-operations.ts";
export type {
  Failure,
  Operations,
  OperationsOptions,
  Resumption,
  Run,
  StartOptions,
} from "./engine/engine.ts";
export {
  defaultOperationLimits,
  OperationKeyError,
  OperationLimitError,
  type OperationLimits,
  OperationRecordError,
} from "./engine/refusals.ts";
export type { Origin } from "./engine/work-queue.ts";
export {
  type Awaitable,
  defaultContentLimit,
  type EntryMarks,
  type Journal,
  type JournalEntry,
  type PutOptions,
  type RemoveOptions,
} from "./journal/journal.ts";
export { memoryJournal } from "./journal/memory-journal.ts";
export { defaultRetention, type Retention } from "./journal/retention.ts";
export {
  OperationLostError,
  type OperationNews,
  type PublishedResults,
  type SharedJournal,
} from "./journal/shared-journal.ts";
export type { MemberResult, MemberResults, NumberedResult } from "./operation/member-results.ts";
export type {
  IntendOptions,
  Json,
  Load,
  Operation,
  OperationState,
  OperationSubject,
  Outcome,
  RepetitionKey,
  Work,
} from "./operation/operation.ts";
export type { OperationProgress } from "./operation/progress.ts";
export type { After } from "./time/timers.ts";
