/** What a client is told when its request failed. */
import { DavError } from "@meanwhile/dav";
import { errorDocument } from "@meanwhile/dav/xml";
import { ClaimLimitError, OperationLimitError, OperationRecordError } from "@meanwhile/operations";
import { isMadeNevertheless, TreeError } from "../store.ts";
import { fromTreeError } from "../trees/tree-status.ts";
import type { Answer } from "./answer.ts";

/** The error as the client sees it; what nobody foresaw is a 500 that tells nothing. */
export function toDavError(error: unknown, method: string): DavError {
  // A 1xx ends no exchange, and a 2xx or 3xx is no error: whoever threw it made a mistake (RFC 9110 §15).
  if (error instanceof DavError && error.status >= 400 && error.status <= 599) return error;
  if (error instanceof TreeError) return fromTreeError(error, method);
  if (error instanceof OperationLimitError) {
    const status = error.of === "principal" ? 429 : 503;
    return new DavError(status, error.message, { cause: error, fields: { "Retry-After": "10" } });
  }
  if (error instanceof ClaimLimitError) {
    return new DavError(503, error.message, { cause: error, fields: { "Retry-After": "10" } });
  }
  if (error instanceof OperationRecordError) {
    return new DavError(507, "the request could not be recorded, and nothing was changed", { cause: error });
  }
  return new DavError(500, "the server failed", { cause: error });
}

/**
 * What the client gets: a `DAV:error` with the condition and a sentence for people (RFC 4918 §8.7); the sentence alone
 * for GET and HEAD, which browsers send too.
 */
export function errorAnswer(error: DavError, method: string): Answer {
  const { status, condition, fields, message } = error;
  const plain = (method === "GET" || method === "HEAD") && condition === undefined;
  const type = plain ? "text/plain" : "application/xml";
  return {
    status,
    fields: { "Content-Type": `${type}; charset=utf-8`, ...fields },
    body: { kind: "bytes", bytes: plain ? `${message}\n` : errorDocument(condition, message) },
    ...(changedNothing(error) ? { runsAnew: true } : {}),
  };
}

/**
 * A tree that throws has left all as it was, unless only what comes after the change failed: what it failed by can be over
 * when the same request comes again.
 */
function changedNothing({ status, cause }: DavError): boolean {
  return status === 507 || (status >= 500 && cause instanceof TreeError && !isMadeNevertheless(cause));
}
