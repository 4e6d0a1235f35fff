/** How long a client waits for the outcome before it would rather have a 202 (RFC 7240 §4.1, §4.3). */
import type { Preferences } from "@meanwhile/interim/fields";
import { longestTimeoutMs } from "@meanwhile/operations/internal";

/** How long one waits that prefers an asynchronous answer, but names no time, in milliseconds. */
const asyncGraceMs = 100;

/** @returns milliseconds; undefined: as long as it takes */
export function patienceMs({ respondAsync, waitSeconds }: Preferences): number | undefined {
  if (!respondAsync) return undefined;
  return waitSeconds === undefined ? asyncGraceMs : Math.min(waitSeconds * 1000, longestTimeoutMs);
}
