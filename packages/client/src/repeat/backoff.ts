/** How long to wait before coming back to a server. */

/** Milliseconds: at most so long before the first try, twice as long before each next one, up to the longest. */
export const firstBackoffMs = 500;
export const longestBackoffMs = 30_000;

/** Lost connections in a row to a server that has never answered, after which it is given up. */
export const mostOfStrangers = 3;

/** What a server asks for in `Retry-After` is obeyed up to this many milliseconds. */
export const longestRetryAfterMs: number = 5 * 60_000;

/**
 * Exponential backoff with full jitter: those that were cut off together do not come back together.
 *
 * @param attempt how many tries came before since there was news
 * @param random from 0 to below 1
 * @returns milliseconds
 */
export function backoffMs(attempt: number, random: number): number {
  const most = attempt > 16 ? longestBackoffMs : Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
  return Math.round(most * random);
}

/**
 * `Retry-After` (RFC 9110 §10.2.3): seconds, or a date, which is compared with the response's own `Date`, for clocks
 * differ. A date without that is not understood.
 *
 * @returns milliseconds, capped at {@link longestRetryAfterMs}; undefined where the field is absent or malformed
 */
export function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, longestRetryAfterMs);
  // A number alone, or with a sign, is a date to Date.parse.
  if (!/^[A-Za-z]/.test(value)) return undefined;
  const ms = Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestRetryAfterMs);
}
