/** What makes two requests the same request: for those who repeat one because its answer was lost. */
import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parseIdempotencyKey } from "@meanwhile/interim/fields";

/** A request as far as it matters to what it does. */
export interface RepeatableRequest {
  readonly method: string;
  /** The absolute URL that it names. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly principal: string | undefined;
  /** The client's address: all that tells anonymous clients apart. */
  readonly address: string;
}

/** Fields that change what a request does. Any `If-*` field is one, too. */
const fieldsThatMatter = new Set([
  "if",
  "lock-token",
  "destination",
  "depth",
  "overwrite",
  "content-type",
  "content-range",
  "x-oc-mtime",
]);

/**
 * The name under which a client's own key is recorded (draft-ietf-httpapi-idempotency-key-header-07 §2.1): bound to
 * its principal, so nobody finds what another sent. undefined without a key, and for anonymous clients whose key
 * could be guessed.
 *
 * @throws {RangeError} where the key is malformed
 */
export function chosenKeyName({
  headers,
  principal,
}: Pick<RepeatableRequest, "headers" | "principal">): string | undefined {
  const field = headers["idempotency-key"];
  const key = parseIdempotencyKey(Array.isArray(field) ? field.join(", ") : field);
  if (key === undefined) return undefined;
  if (principal === undefined && !isUnguessable(key)) return undefined;
  return digest("key", principal === undefined ? "anonymous" : `principal ${principal}`, key);
}

/** On every answer to an anonymous request whose key could be guessed, so that it does not count. */
export const ignoredKey = { "Idempotency-Ignored": "guessable" } as const;

/** The name under which a request without a key is recorded: all that it says is its name. */
export function impliedKeyName(request: RepeatableRequest, fingerprint: string): string {
  const { principal, address } = request;
  return digest(
    "implied",
    principal === undefined ? `address ${address}` : `principal ${principal}`,
    fingerprint,
  );
}

/** A digest of method, target, and all fields and bytes that matter. */
export function fingerprintOf({ method, target, headers }: RepeatableRequest, contentDigest: string): string {
  const fields: string[] = [];
  for (const name in headers) {
    if (fieldsThatMatter.has(name) || name.startsWith("if-"))
      fields.push(`${name}: ${String(headers[name])}`);
  }
  fields.sort();
  return digest(method, target, ...fields, contentDigest);
}

/**
 * Whether a status says that nothing was done: 408 (RFC 9110 §15.5.9), 425 (RFC 8470 §5.2), 429 (RFC 6585 §4) and 503
 * (RFC 9110 §15.6.4). Of all others the work may have been done, 500, 502 and 504 included.
 */
export function saysNothingWasDone(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status === 503;
}

/** A UUID, or as much: 128 bits cannot be written in fewer than 22 characters. */
function isUnguessable(key: string): boolean {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  return uuid.test(key) || (key.length >= 22 && new Set(key).size >= 10);
}

/** Parts are told apart by their lengths: no two lists of parts run together. */
function digest(...parts: readonly string[]): string {
  let all = "";
  for (const part of parts) all += `${Buffer.byteLength(part)}:${part}`;
  return hash("sha256", all, "base64url");
}
