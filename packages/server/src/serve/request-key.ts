/** By what a repetition of a request is known: the client's own key, or all that the request says. */
import { badRequest, encodePath } from "@meanwhile/dav";
import {
  chosenKeyName,
  fingerprintOf,
  ignoredKey,
  impliedKeyName,
  type RepeatableRequest,
} from "@meanwhile/middleware/internal";
import type { RepetitionKey } from "@meanwhile/operations";
import type { AnswerFields } from "../http/answer.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";

/** Methods whose repetition is known without a key. A LOCK or PROPPATCH that is sent twice is meant twice. */
const knownWithoutKey: ReadonlySet<string> = new Set(["COPY", "MOVE", "DELETE", "MKCOL", "PUT"]);

/** Of a request without a key, content up to this size is digested, to know its repetitions by. */
export const digestedBytes: number = 4 * 1024 * 1024;

export interface RequestKey {
  /** The name under which the client's own key is recorded; undefined where it has none that counts. */
  readonly chosenName: string | undefined;
  /** The content up to which a digest is needed, in bytes; undefined: none is. */
  readonly digestedBytes: number | undefined;
  fingerprint(contentDigest: string): string;
  /** The key, once the content's digest is known; undefined where the request is not known again. */
  of(contentDigest: string | undefined): RepetitionKey | undefined;
}

/** @throws {DavError} 400 where the Idempotency-Key is malformed */
export function requestKey({ address }: Connection, request: DavRequest): RequestKey {
  const { method, fields, principal } = request;
  const target = targetOf(request);
  const repeatable: RepeatableRequest = { method, target, headers: fields.raw, principal, address };
  const chosenName = chosen(repeatable);
  const fingerprint = (contentDigest: string): string => fingerprintOf(repeatable, contentDigest);
  return {
    chosenName,
    digestedBytes:
      chosenName !== undefined
        ? Number.POSITIVE_INFINITY
        : knownWithoutKey.has(method)
          ? digestedBytes
          : undefined,
    fingerprint,
    of(contentDigest) {
      if (contentDigest === undefined) return undefined;
      const print = fingerprint(contentDigest);
      if (chosenName !== undefined) return { name: chosenName, fingerprint: print, chosen: true };
      return { name: impliedKeyName(repeatable, print), fingerprint: print, chosen: false };
    },
  };
}

/** What the answer to a change says whose key does not count; nothing for all others. */
export function ignoredKeyFields({ fields, principal }: DavRequest): AnswerFields {
  if (!fields.hasIdempotencyKey) return {};
  try {
    return chosenKeyName({ headers: fields.raw, principal }) === undefined ? ignoredKey : {};
  } catch {
    // Malformed: the answer is a 400 that says so.
    return {};
  }
}

/** The absolute URL that a request names, as the client sees the server. */
export function targetOf({ origin, prefix, path, trailingSlash }: DavRequest): string {
  return origin + prefix + encodePath(path, trailingSlash);
}

function chosen(repeatable: RepeatableRequest): string | undefined {
  try {
    return chosenKeyName(repeatable);
  } catch (cause) {
    if (cause instanceof RangeError) throw badRequest(cause.message, cause);
    throw cause;
  }
}
