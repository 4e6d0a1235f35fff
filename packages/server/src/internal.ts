/** For our own stores: locks by the rules of RFC 4918, in a table that a store keeps. It may change with any version. */
export { type KeptLocksOptions, keptLocks, type LockRecords } from "./locks/kept-locks.ts";
export type { LockRecordJson } from "./locks/lock-record.ts";
export {
  defaultLockLimits,
  type LockLimits,
  type LockRecord,
  LockTable,
  type LockTableOptions,
} from "./locks/lock-table.ts";
/** For our own stores: sessions of browsers, in a table that a store keeps. */
export {
  defaultSessionLimits,
  type SessionLimits,
  type SessionRecordJson,
  type SessionRecords,
  Sessions,
  type SessionsOptions,
} from "./sessions/sessions.ts";
export type { UploadStore } from "./uploads/kept-uploads.ts";
export { type EndedUpload, readUploadRecord, type UploadRecord } from "./uploads/upload-record.ts";
