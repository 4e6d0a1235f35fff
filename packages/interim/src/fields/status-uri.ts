/** `Status-URI` (RFC 2518 §9.7): what became of the source resources of a method that is still under way. */
import { misuse } from "../exchange/misuse.ts";

/** What became of one resource (RFC 2518 §9.7). */
export interface StatusUri {
  /** The status of the method on this resource. */
  readonly status: number;
  /** Absolute when we send it; as it came when we read it. */
  readonly uri: string;
}

/** Longest field that is read, in characters, all lines together; the rest is not looked at. */
const longestField = 64 * 1024;

/**
 * One pair for one field line: `423 <http://host.example/a>`. RFC 2518 §9.7 has absolute URIs between "<" and ">".
 *
 * @throws {TypeError} `ERR_STATUS_URI` unless the status is 200 to 599 (RFC 2518 §11: "100 series status codes SHOULD NOT
 *   be recorded") and the URI absolute, in RFC 3986's characters
 */
export function formatStatusUri(pair: StatusUri): string {
  if (!Number.isInteger(pair.status) || pair.status < 200 || pair.status > 599) {
    throw misuse("ERR_STATUS_URI", "the status of a Status-URI is a final one, 200 to 599");
  }
  if (!absoluteUri.test(pair.uri))
    throw misuse("ERR_STATUS_URI", "the URI of a Status-URI is an absolute one");
  return `${pair.status} <${pair.uri}>`;
}

/**
 * Reads all pairs of all field lines: RFC 2518's grammar puts nothing between two pairs, the HTTP Progress draft commas,
 * and recipients join field lines with commas. The draft allows relative references. What is no pair is skipped.
 */
export function parseStatusUri(value: string | readonly string[]): readonly StatusUri[] {
  const field = (typeof value === "string" ? value : value.join(",")).slice(0, longestField);
  const pairs: StatusUri[] = [];
  for (const [, status = "", uri = ""] of field.matchAll(statusPair))
    pairs.push({ status: Number(status), uri });
  return pairs;
}

/** RFC 3986 §2: unreserved, reserved and percent-encoded characters, after a scheme. */
const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/;

const statusPair = /(?<![^\s,>])([1-5]\d\d)[ \t]*<([^<>\s"]+)>/g;
