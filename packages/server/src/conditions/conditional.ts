/** Conditional requests (RFC 9110 §13). */
import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "@meanwhile/dav";
import type { AnswerFields } from "../http/answer.ts";
import { parseHttpDate } from "../http/http-date.ts";
import type { Resource } from "../store.ts";
import { matchesStrongly, matchesWeakly, parseEntityTagList } from "./entity-tag.ts";
import { lastModifiedMs } from "./last-modified.ts";

export interface ConditionalRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
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
  const { headers } = request;
  const reading = request.method === "GET" || request.method === "HEAD";
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  if (ifMatch !== undefined) {
    if (!matchesSome(ifMatch, resource)) return { kind: "failed" };
  } else if (
    resource !== undefined &&
    isLaterThan(resource, headers["if-unmodified-since"], nowMs) === true
  ) {
    return { kind: "failed" };
  }
  if (ifNoneMatch !== undefined) {
    if (matchesNone(ifNoneMatch, resource, reading)) return { kind: "proceed" };
    return reading ? notModified(resource) : { kind: "failed" };
  }
  if (reading && resource?.kind === "document") {
    if (isLaterThan(resource, headers["if-modified-since"], nowMs) === false) return notModified(resource);
  }
  return { kind: "proceed" };
}

/** Whether a request's conditions depend on more of a resource than whether it is there. */
export function comparesRepresentation(headers: IncomingHttpHeaders): boolean {
  const compared = [headers["if-match"], headers["if-none-match"]];
  return (
    headers["if-unmodified-since"] !== undefined ||
    compared.some((value) => value !== undefined && value.trim() !== "*")
  );
}

/** "An origin server MUST use the strong comparison function when comparing entity tags for If-Match" (§13.1.1). */
function matchesSome(value: string, resource: Resource | undefined): boolean {
  const list = parseEntityTagList(value);
  if (list === undefined) throw badRequest("If-Match is neither * nor a list of entity tags");
  if (list === "*") return resource !== undefined;
  return resource?.kind === "document" && list.some((tag) => matchesStrongly(tag, resource.etag));
}

/** "A recipient MUST use the weak comparison function when comparing entity tags for If-None-Match" (§13.1.2). */
function matchesNone(value: string, resource: Resource | undefined, reading: boolean): boolean {
  const list = parseEntityTagList(value);
  if (list === undefined) {
    // A reader loses nothing by getting the whole; a writer could destroy what the field was to protect.
    if (reading) return true;
    throw badRequest("If-None-Match is neither * nor a list of entity tags");
  }
  if (list === "*") return resource === undefined;
  return !(resource?.kind === "document" && list.some((tag) => matchesWeakly(tag, resource.etag)));
}

/** undefined where there is no date, or none that can be read. */
function isLaterThan(resource: Resource, date: string | undefined, nowMs: number): boolean | undefined {
  const dateMs = date === undefined ? undefined : parseHttpDate(date, nowMs);
  // HTTP's dates have no fractions of a second.
  return dateMs === undefined
    ? undefined
    : Math.floor(lastModifiedMs(resource, nowMs) / 1000) * 1000 > dateMs;
}

/** The entity tag is what a 304 must name of a representation (RFC 9110 §15.4.5). */
function notModified(resource: Resource | undefined): PreconditionResult {
  return { kind: "not-modified", fields: resource?.kind === "document" ? { ETag: resource.etag } : {} };
}
