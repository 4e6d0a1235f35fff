/** A WebDAV client that sees interim responses, waits while the server works, and comes back after a lost connection. */
export type { CredentialOptions, TokenSource } from "./auth/credentials.ts";
export { type LoginRefusal, loginRefusal } from "./auth/login-refusal.ts";
export type { CommonClientOptions } from "./client-parts.ts";
export { type ClientOptions, createClient } from "./create-client.ts";
export type { UploadMemory } from "./dav/content/kept-upload.ts";
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
export { type Property, propertyNamed, type Resource } from "./dav/properties/resource.ts";
export { ConnectionError, type ConnectionErrorCode } from "./error/connection-error.ts";
export { HttpError, type HttpFailure } from "./error/http-error.ts";
export { type LockLoss, LockLostError } from "./error/lock-lost-error.ts";
export { type MemberResult, MultistatusError } from "./error/multistatus-error.ts";
export { CancelledError, DetachedError, OutcomeUnknownError } from "./error/operation-error.ts";
export type { LongRequest, RequestProgress } from "./operation/long-request.ts";
export type { Surroundings } from "./repeat/surroundings.ts";
export type {
  InterimResponse,
  Patience,
  RepeatableContent,
  RequestContent,
  Send,
  SendOptions,
} from "./send/send.ts";
export type { Timers } from "./send/waiting.ts";
