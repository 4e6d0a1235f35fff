/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client for browsers: on fetch, with the status document's event stream in place of interim responses.
 *
 * A server of another origin must let the page ask (CORS). It allows the methods of WebDAV and these fields: Authorization,
 * Content-Type, Depth, Destination, Idempotency-Key, If, If-Match, If-None-Match, If-Range, Last-Event-ID, Lock-Token,
 * Overwrite, Prefer, Range, Timeout. It exposes DAV, Operations, ETag, Location, Link, Lock-Token, Content-Encoding,
 * Content-Range, Retry-After and WWW-Authenticate. It answers preflights without credentials.
 */
export type { CredentialOptions, TokenSource } from "./auth/credentials.ts";
export { type BrowserClientOptions, createClient } from "./browser/create-browser-client.ts";
export type { Fetch, FetchOptions } from "./browser/fetch-send.ts";
export type { CommonClientOptions } from "./client-parts.ts";
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
