/** A WebDAV client that sees interim responses, waits while the server works, and comes back after a lost connection. */
export type { CredentialOptions, TokenSource } from "./auth/credentials.ts";
export { type LoginRefusal, loginRefusal } from "./auth/login-refusal.ts";
export type { CommonClientOptions } from "./client-parts.ts";
export { type ClientOptions, createClient } from "./create-client.ts";
export type {
  Capabilities,
  Change,
  ChangeOptions,
  Conditions,
  CopyOptions,
  DavClient,
  Download,
  GetOptions,
  ListOptions,
  LockHandle,
  LockOptions,
  Place,
  PropertyChange,
  PutOptions,
  Quota,
  StartOptions,
  TransferOptions,
} from "./dav/dav-client.ts";
export { type Property, propertyNamed, type Resource } from "./dav/resource.ts";
export { ConnectionError, type ConnectionErrorCode } from "./error/connection-error.ts";
export { HttpError, type HttpFailure } from "./error/http-error.ts";
export { type LockLoss, LockLostError } from "./error/lock-lost-error.ts";
export { type MemberResult, MultistatusError } from "./error/multistatus-error.ts";
export { CancelledError, DetachedError, OutcomeUnknownError } from "./error/operation-error.ts";
export type {
  InterimResponse,
  Patience,
  RepeatableContent,
  RequestContent,
  Send,
  SendOptions,
} from "./http/send.ts";
export type { Timers } from "./http/timers.ts";
export type { LongRequest, RequestProgress } from "./long-request/long-request.ts";
export type { Surroundings } from "./long-request/start-long-request.ts";
