import type { PropertyName } from "@meanwhile/dav";
import type { LongRequest } from "../operation/long-request.ts";
import type { Patience, RequestContent, Send, SendOptions } from "../send/send.ts";
import type { UploadMemory } from "./content/kept-upload.ts";
import type { Property, Resource } from "./properties/resource.ts";

/**
 * Where a resource is: text relative to the base, as people write it ("2025/a b.txt", encoded for them; a "/" at the end
 * means a collection), or a URL, which is taken as it is. What leaves the base is refused with a TypeError
 * (`ERR_OUTSIDE_BASE`): "..", another origin, another part of the server.
 */
export type Place = string | URL;

/** Only if it is (or is not) as expected (RFC 9110 §13.1). */
export interface Conditions {
  /** An entity tag, or "*": only where the resource exists. */
  readonly ifMatch?: string;
  /** An entity tag, or "*": only where nothing is there yet. */
  readonly ifNoneMatch?: string;
}

/** Of requests that change something. */
export interface ChangeOptions extends Patience, Conditions {
  /** Lock tokens of others to submit; those of this client's own handles are submitted by themselves (RFC 4918 §10.4). */
  readonly lockTokens?: readonly string[];
  /** Instead of a random one. The same key must not be used for another request. */
  readonly idempotencyKey?: string;
  /** Send it again after a lost connection even to a server that keeps no answers. Default: no. */
  readonly repeat?: boolean;
}

export interface TransferOptions extends ChangeOptions {
  /** Whether the destination may be replaced (RFC 4918 §10.6). Default: yes. */
  readonly overwrite?: boolean;
  /**
   * Only if the content at the destination has this strong entity tag: what is replaced is what was seen (RFC 4918 §10.4).
   * Collections have none. Some servers answer every such request with 412.
   */
  readonly ifDestination?: string;
}

export interface CopyOptions extends TransferOptions {
  /** "0": the collection without its members. Default: "infinity" (RFC 4918 §9.8.3). */
  readonly depth?: "0" | "infinity";
}

/** What became of a change. */
export interface Change {
  /** 201: something new is there. 204 and 200: something that was there is changed or gone. */
  readonly status: number;
  readonly created: boolean;
  /** Of the new state, where the server told it. */
  readonly etag?: string;
}

export interface ListOptions extends Patience {
  /** "1": its members. "infinity": all below, which is walked where the server refuses to tell it at once. Default: "1". */
  readonly depth?: "1" | "infinity";
  /** Beside those that {@link Resource} has fields for. */
  readonly properties?: readonly PropertyName[];
}

export interface GetOptions extends Patience, Conditions {
  /** First byte, and the last one, which is included; to the end where it is absent (RFC 9110 §14.1.2). */
  readonly range?: { readonly start: number; readonly end?: number };
}

/** The content of a resource. */
export interface Download {
  readonly url: URL;
  /** Bytes that `content` will give; undefined where the server does not say. */
  readonly length?: number;
  /** Bytes of the whole resource. */
  readonly total?: number;
  readonly etag?: string;
  readonly modified?: Date;
  readonly contentType?: string;
  /** After a lost connection it goes on where it was, if the resource is still the same (If-Range); else it errors. */
  readonly content: ReadableStream<Uint8Array>;
}

export interface PutOptions extends ChangeOptions {
  readonly contentType?: string;
  /** The time of last modification to record, for servers that take it (`X-OC-Mtime`). */
  readonly modifiedMs?: number;
  /** Where the upload is remembered, to be gone on with by a later client. It is of this very content, and this place. */
  readonly memory?: UploadMemory;
}

export interface LockOptions extends Patience {
  /** Default: "exclusive". */
  readonly scope?: "exclusive" | "shared";
  /** Default: "infinity". */
  readonly depth?: "0" | "infinity";
  /** Seconds to ask for; the server decides. Default: 600. */
  readonly timeoutSeconds?: number;
  /** Text, or an http(s) or mailto URL, for people who find the lock. */
  readonly owner?: string;
  /** Refresh it by itself while the handle is held, each time half of its time is over. Default: yes. */
  readonly refresh?: boolean;
}

/** A lock that is held. Freed by `unlock()`, or by `await using`. */
export interface LockHandle extends AsyncDisposable {
  readonly token: string;
  readonly root: URL;
  /** As the server granted it last; "infinite" ones need no refresh. */
  readonly timeoutSeconds: number | "infinite";
  /** Aborted once the lock is gone: unlocked, expired, or taken away; its reason says which. */
  readonly lost: AbortSignal;
  /** Starts its time anew (RFC 4918 §9.10.2). */
  refresh(options?: Patience): Promise<void>;
  /** Ends the lock (RFC 4918 §9.11). */
  unlock(options?: Patience): Promise<void>;
}

/** One step of PROPPATCH; all are done, or none (RFC 4918 §9.2). */
export type PropertyChange =
  | { readonly set: PropertyName; readonly text: string; readonly lang?: string }
  /** The property's whole element, as XML. */
  | { readonly set: PropertyName; readonly xml: string }
  | { readonly remove: PropertyName };

/** RFC 4331. Bytes; undefined where the server does not say. */
export interface Quota {
  readonly used?: number;
  readonly available?: number;
}

/** What the server said of itself in OPTIONS. */
export interface Capabilities {
  /** Of the `DAV` field (RFC 4918 §10.1): "1", "2", "<urn:...>". */
  readonly classes: readonly string[];
  readonly allow: readonly string[];
  /** It keeps answers, so an unsafe request may be sent again with its Idempotency-Key. */
  readonly keepsAnswers: boolean;
}

/** Any request that may take long, to any server. */
export interface StartOptions extends ChangeOptions {
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly content?: RequestContent;
}

/** A WebDAV client for what is below one base URL. */
export interface DavClient {
  readonly base: URL;
  /** @throws {HttpError} 404 where there is nothing; what a 207 tells of a failure */
  stat(
    place: Place,
    options?: Patience & { readonly properties?: readonly PropertyName[] },
  ): Promise<Resource>;
  /** Whether there is something. */
  exists(place: Place, options?: Patience): Promise<boolean>;
  /**
   * Members as they arrive; without the collection itself. Leaving the loop ends the request.
   *
   * It ends without an error only where the server told of all of them.
   *
   * @throws {MultistatusError} after all that could be told, where the server told of a failure: with what failed
   */
  list(place: Place, options?: ListOptions): AsyncIterable<Resource>;
  /** Downloads a document; its content goes on after a lost connection. */
  get(place: Place, options?: GetOptions): Promise<Download>;
  /** Uploads a document. */
  put(place: Place, content: RequestContent, options?: PutOptions): LongRequest<Change>;
  /** @throws {HttpError} 405 where something is there already, 409 where the parent is missing (RFC 4918 §9.3.1) */
  mkdir(place: Place, options?: ChangeOptions): Promise<Change>;
  /** Copies at the server, with all members unless `depth` says otherwise. */
  copy(from: Place, to: Place, options?: CopyOptions): LongRequest<Change>;
  /** Moves at the server. */
  move(from: Place, to: Place, options?: TransferOptions): LongRequest<Change>;
  /** Deletes, with all members. */
  delete(place: Place, options?: ChangeOptions): LongRequest<Change>;
  /** Where nothing is there, most servers make an empty resource (RFC 4918 §9.10.4). */
  lock(place: Place, options?: LockOptions): Promise<LockHandle>;
  /** Frees a lock of which only the token is known. */
  unlock(place: Place, token: string, options?: Patience): Promise<void>;
  /** All, those named, or (`"names"`) which there are, without values. Default: all that allprop tells. */
  properties(
    place: Place,
    wanted?: readonly PropertyName[] | "names",
    options?: Patience,
  ): Promise<readonly Property[]>;
  /** @throws {MultistatusError} where a change was refused; then none was made */
  patchProperties(place: Place, changes: readonly PropertyChange[], options?: ChangeOptions): Promise<void>;
  /** How much room is used and left (RFC 4331). */
  quota(place: Place, options?: Patience): Promise<Quota>;
  /** What OPTIONS tells. */
  capabilities(place?: Place, options?: Patience): Promise<Capabilities>;
  /** Any request, as an operation: 102s, 202s, status documents and lost connections are dealt with. */
  start(method: string, place: Place, options?: StartOptions): LongRequest<Response>;
  /** Follows an operation by its status document to its end; the outcome is its recorded final response. */
  watch(url: URL, options?: Patience): LongRequest<Response>;
  /** One request, with this client's credentials and connections, and nothing else done to it. */
  request(place: Place, options?: SendOptions): ReturnType<Send>;
  /** Ends idle connections and refreshing of locks; requests that run go on. */
  close(): Promise<void>;
}
