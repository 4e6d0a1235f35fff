/** Header fields of long requests, formatted and parsed. Pure: no node:* and no I/O. */
export { type IdempotencyKey, parseIdempotencyKey } from "./fields/idempotency-key.ts";
export { type Preferences, parsePrefer } from "./fields/prefer.ts";
export { formatProgress, type Progress, type ProgressFraction, parseProgress } from "./fields/progress.ts";
export { formatStatusUri, parseStatusUri, type StatusUri } from "./fields/status-uri.ts";
