/** The `Timeout` header and the content of `DAV:timeout` (RFC 4918 §10.7, §14.29). */
import { badRequest } from "../error.ts";

/**
 * Parses the `Timeout` header: a list of wishes, of which the first that is understood counts (RFC 4918 §10.7).
 * Kinds of timeout that nobody has defined yet are passed over.
 *
 * @returns seconds, at most 2^32 - 1; `Number.POSITIVE_INFINITY` for `Infinite`; undefined where the client
 *   has no wish that is understood
 * @throws {DavError} 400 if nothing in it is understood, and something in it is malformed
 */
export function parseTimeout(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  let malformed = false;
  for (const item of value.split(",")) {
    const timeType = item.trim().toLowerCase();
    if (timeType === "infinite") return Number.POSITIVE_INFINITY;
    if (timeType.startsWith("second-")) {
      const digits = timeType.slice("second-".length);
      if (allDigits.test(digits)) return Math.min(Number(digits), longestSeconds);
      malformed = true;
    } else if (!token.test(timeType)) {
      malformed = true;
    }
  }
  if (malformed) throw badRequest("Timeout must be Second-N or Infinite");
  return undefined;
}

/** A duration as `DAV:timeout` and the `Timeout` header write it; parts of a second are rounded up. */
export function formatTimeout(seconds: number): string {
  if (seconds === Number.POSITIVE_INFINITY) return "Infinite";
  return `Second-${Math.min(Math.max(Math.ceil(seconds), 0), longestSeconds)}`;
}

// "The timeout value for TimeType "Second" MUST NOT be greater than 2^32-1."
const longestSeconds = 2 ** 32 - 1;

const allDigits = /^[0-9]+$/;
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
