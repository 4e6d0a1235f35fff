/** Operations over HTTP: who waits for one is told its news, and who asks later finds it. */
export { type Attendance, createAttendance, resetMs } from "./attendance.ts";
export {
  chosenKeyName,
  fingerprintOf,
  impliedKeyName,
  isSameRequest,
  type RepeatableRequest,
} from "./repetition.ts";
export { type StatusDocument, statusDocument } from "./status-document.ts";
export { answerStatus, defaultStatusPath, type StatusRequest } from "./status-resource.ts";
export { type WaitingOptions, waitFor } from "./waiting.ts";
