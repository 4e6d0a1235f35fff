/** Conditional requests (RFC 9110 §13). */
import { badRequest } from "@meanwhile/dav";
import type { AnswerFields } from "../http/answer.ts";
import { parseHttpDate } from "../http/http-date.ts";
import type { Preconditions, RequestFields } from "../request/request-fields.ts";
import type { Resource } from "../store.ts";
import { type EntityTagList, matchesStrongly, matchesWeakly } from "./entity-tag.ts";
import { lastModifiedMs } from "./last-modified.ts";

export interface ConditionalRequest {
  readonly method: string;
  readonly fields: Pick<RequestFields, "preconditions">;
}

export type PreconditionResult =
  | { readonly kind: "proceed" }
  /** 304: what the client has is current. `fields` are those that name it. */
  | { readonly kind: "not-modified"; readonly fields: AnswerFields }
  /** 412. */
  | { readonly kind: "failed" };

/**
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC 9110 §13.2.2.
 * To be called once it is known that the request would succeed without them (§13.2.1).
 *
 * Collections have no entity tag, and what GET shows of one has no date: only `*` and If-Unmodified-Since say
 * something about a collection. Dates that are none are ignored, as the RFC wants.
 *
 * @param resource the target's; undefined where nothing is
 * @param nowMs decides which times lie in the future, and the century of dates in the obsolete form of RFC 850
 * @throws {DavError} 400 where If-Match is malformed, or If-None-Match in a request that would change something
 */
export function checkPreconditions(
  request: ConditionalRequest,
  resource: Resource | undefined,
  nowMs: number = Date.now(),
): PreconditionResult {
  const { match, noneMatch, unmodifiedSince, modifiedSince } = request.fields.preconditions;
  const reading = request.method === "GET" || request.method === "HEAD";
  if (match !== undefined) {
    if (!matchesSome(match, resource)) return { kind: "failed" };
  } else if (resource !== undefined && unmodifiedSince !== undefined) {
    if (isLaterThan(resource, unmodifiedSince, nowMs) === true) return { kind: "failed" };
  }
  if (noneMatch !== undefined) {
    if (matchesNone(noneMatch, resource, reading)) return { kind: "proceed" };
    return reading ? notModified(resource) : { kind: "failed" };
  }
  if (reading && resource?.kind === "document" && modifiedSince !== undefined) {
    if (isLaterThan(resource, modifiedSince, nowMs) === false) return notModified(resource);
  }
  return { kind: "proceed" };
}

/** Whether a request's conditions depend on more of a resource than whether it is there. */
export function comparesRepresentation({ match, noneMatch, unmodifiedSince }: Preconditions): boolean {
  return (
    unmodifiedSince !== undefined || [match, noneMatch].some((list) => list !== undefined && list !== "*")
  );
}

/** "An origin server MUST use the strong comparison function when comparing entity tags for If-Match" (§13.1.1). */
function matchesSome(list: EntityTagList | "malformed", resource: Resource | undefined): boolean {
  if (list === "malformed") throw badRequest("If-Match is neither * nor a list of entity tags");
  if (list === "*") return resource !== undefined;
  return resource?.kind === "document" && list.some((tag) => matchesStrongly(tag, resource.etag));
}

/** "A recipient MUST use the weak comparison function when comparing entity tags for If-None-Match" (§13.1.2). */
function matchesNone(
  list: EntityTagList | "malformed",
  resource: Resource | undefined,
  reading: boolean,
): boolean {
  if (list === "malformed") {
    // A reader loses nothing by getting the whole; a writer could destroy what the field was to protect.
    if (reading) return true;
    throw badRequest("If-None-Match is neither * nor a list of entity tags");
  }
  if (list === "*") return resource === undefined;
  return !(resource?.kind === "document" && list.some((tag) => matchesWeakly(tag, resource.etag)));
}

/** undefined where the date is none that can be read. */
function isLaterThan(resource: Resource, date: string, nowMs: number): boolean | undefined {
  const dateMs = parseHttpDate(date, nowMs);
  // HTTP's dates have no fractions of a second.
  return dateMs === undefined
    ? undefined
    : Math.floor(lastModifiedMs(resource, nowMs) / 1000) * 1000 > dateMs;
}

/** The entity tag is what a 304 must name of a representation (RFC 9110 §15.4.5). */
function notModified(resource: Resource | undefined): PreconditionResult {
  return { kind: "not-modified", fields: resource?.kind === "document" ? { ETag: resource.etag } : {} };
}
