/** Cross-origin requests of clients in browsers (the Fetch standard's CORS protocol). */
import type { IncomingHttpHeaders } from "node:http";
import type { AnswerFields } from "./answer.ts";

const methods =
  "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK";

const exposed = [
  "DAV",
  "ETag",
  "Last-Modified",
  "Location",
  "Link",
  "Lock-Token",
  "Content-Encoding",
  "Content-Range",
  "Accept-Ranges",
  "Allow",
  "Retry-After",
  "Preference-Applied",
  "Idempotency-Replayed",
  "Idempotency-Ignored",
  "X-OC-Mtime",
  "Repr-Digest",
  "Upload-Complete",
  "Upload-Draft-Interop-Version",
  "Upload-Length",
  "Upload-Limit",
  "Upload-Offset",
  "WWW-Authenticate",
].join(", ");

/**
 * The fields that let a script of an allowed origin read the response; none for others.
 * @param allowed origins, or "*" for any; with "*" credentials are never allowed, nor for the origin "null", which any
 *   page can give itself
 */
export function corsFields(headers: IncomingHttpHeaders, allowed: readonly string[]): AnswerFields {
  if (allowed.length === 0) return {};
  const { origin } = headers;
  if (origin === undefined || !isAllowedOrigin(origin, allowed)) return { Vary: "Origin" };
  const any = allowed.includes("*");
  return {
    "Access-Control-Allow-Origin": any ? "*" : origin,
    ...(any || origin === "null" ? {} : { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Expose-Headers": exposed,
    Vary: "Origin",
  };
}

/** Whether the pages of an origin may use the server. @param allowed origins, or "*" for any */
export function isAllowedOrigin(origin: string | undefined, allowed: readonly string[]): boolean {
  return allowed.includes("*") || (origin !== undefined && allowed.includes(origin));
}

/** Whether an OPTIONS is a browser's question before a cross-origin request. */
export function isPreflight(headers: IncomingHttpHeaders): boolean {
  return headers["access-control-request-method"] !== undefined;
}

/** What a preflight's answer says beside {@link corsFields}. The names asked for are echoed, being tokens. */
export function preflightFields(headers: IncomingHttpHeaders): AnswerFields {
  const asked = headers["access-control-request-headers"];
  const names =
    typeof asked === "string" && /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}$/.test(asked) ? asked : "";
  return {
    "Access-Control-Allow-Methods": methods,
    ...(names === "" ? {} : { "Access-Control-Allow-Headers": names }),
    "Access-Control-Max-Age": "3600",
  };
}
