/**
 * Operations over HTTP, for our own packages: who waits for one is told its news, and who asks later finds it. It may
 * change with any version.
 */

export { accepted, retryAfterSeconds } from "./answers/answers.ts";
export { createTurns, type EndTurn, type Turns } from "./answers/keyed-mutex.ts";
export { type MissingContent, missingContent } from "./answers/missing-content.ts";
export { isHandlersWork } from "./answers/recovery.ts";
export {
  chosenKeyName,
  fingerprintOf,
  ignoredKey,
  impliedKeyName,
  type RepeatableRequest,
  saysNothingWasDone,
} from "./answers/repetition.ts";
export { patienceMs } from "./answers/timeouts.ts";
export { isSafe } from "./request/options.ts";
export { preferredType, prefersHtml } from "./status/accept.ts";
export { type StatusAnswer, type StatusFields, statusFields } from "./status/answer.ts";
export {
  failedCharacters,
  type StatusDocument,
  type StatusList,
  type StatusOutcome,
  type StatusProgress,
  statusDocument,
} from "./status/document.ts";
export { defaultEventStreamTimes, type EventStreamTimes } from "./status/events/event-stream.ts";
export { outcomeEventId, resultsPerEvent, type StatusResults } from "./status/events/events.ts";
export { defaultStatusLimits, type StatusLimits } from "./status/events/followers.ts";
export type { JobStatus } from "./status/job.ts";
export { htmlText } from "./status/page/html-text.ts";
export { defaultStatusPath, statusMethods } from "./status/place.ts";
export {
  createStatusService,
  listedOperations,
  type StatusRequest,
  type StatusService,
  type StatusServiceOptions,
} from "./status/service.ts";
export {
  type Attendance,
  createAttendance,
  type Presence,
  resetMs,
  type Told,
} from "./waiting/delivery-tracker.ts";
export type { FirstAnswer, Patience } from "./waiting/first-answer.ts";
export { type Followed, type FollowOptions, follow } from "./waiting/follow.ts";
export type { WaitingOptions } from "./waiting/interim-news.ts";
export {
  createSlowRequests,
  type SlowRequests,
  type SlowRequestsOptions,
  slowMs,
} from "./waiting/slow-requests.ts";
