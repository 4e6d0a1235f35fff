/** The `Lock-Token` header (RFC 4918 §10.5). */

import type { LockToken } from "../elements/lock.ts";
import { badRequest } from "../error.ts";

/**
 * Parses the `Lock-Token` header of an UNLOCK: a Coded-URL, `<urn:uuid:...>` (RFC 4918 §10.5). The angle brackets
 * may be missing, as some clients on Windows send it.
 *
 * @throws {DavError} 400 if it is absent (§9.11 demands it) or not one absolute URI
 */
export function parseLockToken(value: string | undefined): LockToken {
  if (value === undefined) throw badRequest("the request must have a Lock-Token");
  const trimmed = value.trim();
  const uri = trimmed.startsWith("<") && trimmed.endsWith(">") ? trimmed.slice(1, -1) : trimmed;
  if (!isAbsoluteUri(uri)) throw badRequest("Lock-Token must be one URI in angle brackets");
  return uri;
}

/** A URI as the `Lock-Token` and `DAV` headers write it (RFC 4918 §10.1, §10.5). */
export function codedUrl(uri: string): string {
  return `<${uri}>`;
}

/** Whether it has a scheme, and nothing that no URI can have in it (RFC 3986 §4.3). */
export function isAbsoluteUri(text: string): boolean {
  return absoluteUri.test(text);
}

const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x23-\x3B\x3D\x3F-\x5B\x5D\x5F\x61-\x7A\x7E]+$/;
