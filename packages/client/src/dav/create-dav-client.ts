import type { LongRequest } from "../operation/long-request.ts";
import type { LongRequestContext, StartLongRequest } from "../operation/long-request-plan.ts";
import type { ServerMemory } from "../operation/server-memory.ts";
import type { Surroundings } from "../repeat/surroundings.ts";
import type { Patience, Send } from "../send/send.ts";
import { capabilities } from "./capabilities.ts";
import { change, changeHeaders, repetition } from "./change.ts";
import type { RunningHash } from "./content/content-hash.ts";
import { get } from "./content/get.ts";
import { put } from "./content/put.ts";
import type { Change, ChangeOptions, DavClient, Place, StartOptions } from "./dav-client.ts";
import { list } from "./listing/list.ts";
import { exists, stat } from "./listing/stat.ts";
import { HeldLocks } from "./locks/held-locks.ts";
import { lock } from "./locks/lock.ts";
import { unlock } from "./locks/lock-handle.ts";
import { asCollection, type Places } from "./place.ts";
import { patchProperties } from "./properties/patch-properties.ts";
import { properties, quota } from "./properties/properties.ts";
import { readFailure } from "./read-failure.ts";
import { copy, move } from "./transfer.ts";
import { patienceOf, type VerbContext } from "./verb-context.ts";

/** What a client is made of, on whatever platform. */
export interface DavClientParts {
  readonly places: Places;
  /** With credentials and fields. */
  readonly send: Send;
  /** What is known of the origin of a URL: mostly the base's; of others, operations are watched. */
  memoryOf(url: URL): ServerMemory;
  /** As {@link LongRequestContext.hidesInterims}. */
  readonly hidesInterims?: boolean;
  readonly surroundings: Surroundings;
  readonly startLongRequest: StartLongRequest;
  watchOperation(context: LongRequestContext, url: URL, patience: Patience): LongRequest<Response>;
  readonly rest: VerbContext["rest"];
  /** SHA-256, as the platform has it. */
  readonly newHash: () => RunningHash;
  readonly patience: VerbContext["patience"];
  /** Ends idle connections. */
  close(): Promise<void>;
}

/** Joins the verbs to a client. */
export function createDavClient(parts: DavClientParts): DavClient {
  const { send, surroundings, hidesInterims = false } = parts;
  const memory = parts.memoryOf(parts.places.base);
  const long: LongRequestContext = { send, memory, surroundings, hidesInterims };
  const context: VerbContext = {
    ...long,
    places: parts.places,
    locks: new HeldLocks(),
    uploads: { newHash: parts.newHash, servers: new Map() },
    rest: parts.rest,
    patience: parts.patience,
    start: (plan) => parts.startLongRequest(long, plan),
  };
  return {
    base: parts.places.base,
    stat: (place, options) => stat(context, place, options),
    exists: (place, options) => exists(context, place, options),
    list: (place, options) => list(context, place, options),
    get: (place, options) => get(context, place, options),
    put: (place, content, options) => put(context, place, content, options),
    mkdir: (place, options) => mkdir(context, place, options),
    copy: (from, to, options) => copy(context, from, to, options),
    move: (from, to, options) => move(context, from, to, options),
    delete: (place, options) => remove(context, place, options),
    lock: (place, options) => lock(context, place, options),
    unlock: (place, token, options) => unlock(context, place, token, options),
    properties: (place, wanted, options) => properties(context, place, wanted, options),
    patchProperties: (place, changes, options) => patchProperties(context, place, changes, options),
    quota: (place, options) => quota(context, place, options),
    capabilities: (place, options) => capabilities(context, place, options),
    start: (method, place, options) => start(context, method, place, options),
    watch: (url, options = {}) =>
      parts.watchOperation({ ...long, memory: parts.memoryOf(url) }, url, patienceOf(context, options)),
    request: async (place, options) => send(parts.places.url(place), { ...parts.patience, ...options }),
    async close() {
      for (const held of context.locks.all()) held.leave();
      await parts.close();
    },
  };
}

/** Makes a collection (RFC 4918 §9.3). Its URL gets a slash at its end: some servers insist on it. */
function mkdir(context: VerbContext, place: Place, options: ChangeOptions = {}): Promise<Change> {
  const url = asCollection(context.places.url(place));
  return change(context, { method: "MKCOL", url, changed: [url] }, options).outcome;
}

/** Deletes a resource with all below it (RFC 4918 §9.6.1). */
function remove(context: VerbContext, place: Place, options: ChangeOptions = {}): LongRequest<Change> {
  const url = context.places.url(place);
  const done = (): void => context.locks.removed(url);
  // "A client MUST NOT submit a Depth header with a DELETE on a collection with any value but infinity": none is that.
  return change(context, { method: "DELETE", url, changed: [url], done }, options);
}

/** Any request. Its outcome is a final response that is a success; a 207 is one, and may tell of failures. */
function start(
  context: VerbContext,
  method: string,
  place: Place,
  options: StartOptions = {},
): LongRequest<Response> {
  const url = context.places.url(place);
  const headers = new Headers(options.headers);
  for (const [name, value] of changeHeaders(context, { url, changed: [url] }, options))
    headers.set(name, value);
  return context.start({
    ...patienceOf(context, options),
    ...repetition(options),
    method,
    url,
    headers,
    ...(options.content === undefined ? {} : { content: options.content }),
    async read(response) {
      if (response.ok) return response;
      throw await readFailure({ method, url }, response, context.places);
    },
  });
}
