/**
 * Operations over HTTP, for our own packages: who waits for one is told its news, and who asks later finds it. It may
 * change with any version.
 */
export { type Attendance, createAttendance, resetMs, type Told } from "./attendance.ts";
export { defaultEventStreamTimes, type EventStreamTimes } from "./event-stream.ts";
export type { FirstAnswer } from "./first-answer.ts";
export { type Followed, type FollowOptions, follow } from "./follow.ts";
export { htmlText } from "./html-text.ts";
export { type MissingContent, missingContent } from "./missing-content.ts";
export { accepted, retryAfterSeconds } from "./processing/answers.ts";
export { patienceMs } from "./processing/patience.ts";
export { isHandlersWork } from "./processing/recovery.ts";
export {
  chosenKeyName,
  fingerprintOf,
  impliedKeyName,
  type RepeatableRequest,
  saysNothingWasDone,
} from "./repetition.ts";
export { type StatusAnswer, type StatusFields, statusFields } from "./status-answer.ts";
export {
  failedCharacters,
  type StatusDocument,
  type StatusList,
  type StatusOutcome,
  type StatusProgress,
  statusDocument,
} from "./status-document.ts";
export { outcomeEventId, resultsPerEvent, type StatusResults } from "./status-events.ts";
export { defaultStatusLimits, type StatusLimits } from "./status-followers.ts";
export type { JobStatus } from "./status-job.ts";
export { defaultStatusPath, statusMethods } from "./status-place.ts";
export {
  createStatusService,
  listedOperations,
  type StatusRequest,
  type StatusService,
  type StatusServiceOptions,
} from "./status-service.ts";
export { createTurns, type EndTurn, type Turns } from "./turns.ts";
