/** What went wrong with a request, as far as trying again is concerned. */
import { ConnectionError } from "../error/connection-error.ts";
import { policies } from "./policies.ts";

/** Why a try did not succeed. `cause` is what is thrown where there is no other try. */
export type Setback =
  /** There is no final response, or not all of it. */
  | { readonly kind: "connection"; readonly cause: ConnectionError; readonly askedMs: number }
  /** An answer that says: the same once more, after so many milliseconds. */
  | { readonly kind: "answer"; readonly cause: unknown; readonly askedMs: number }
  /** Another try would end in the same way. */
  | { readonly kind: "final"; readonly cause: unknown };

/**
 * What was thrown, as a setback.
 *
 * @param askedMs how long the server wants to be left alone, as far as it has said
 */
export function setbackOf(cause: unknown, askedMs = 0): Setback {
  return cause instanceof ConnectionError ? { kind: "connection", cause, askedMs } : { kind: "final", cause };
}

/** A response that says that its server is not ready. */
export function notReady({ headers }: Pick<Response, "headers">, cause: unknown): Setback {
  return { kind: "answer", cause, askedMs: retryAfterMs(headers) ?? 0 };
}

/**
 * Whether somebody else than the server's application may have answered, or it is about to stop: another try may find
 * it at work (RFC 9110 §15.6.3, §15.6.4, §15.6.5).
 */
export function isUnavailable(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}

/**
 * The same, or a server that wants to be asked more slowly (RFC 6585 §4). Not an answer that is given again
 * (`Idempotency-Replayed: true`): it is the key's answer, and stays so.
 */
export function isForLater({ status, headers }: Pick<Response, "status" | "headers">): boolean {
  if (isReplay(headers)) return false;
  return isUnavailable(status) || (status === 429 && headers.has("retry-after"));
}

/** Whether the answer is that of an earlier request with the same key, which is not carried out again. */
export function isReplay(headers: Headers): boolean {
  return headers.get("idempotency-replayed")?.trim().toLowerCase() === "true";
}

/**
 * Whether another connection may do better. Wrong certificates, and patience that is at its end, stay what they are.
 * A proxy refuses all the same today, but while it is restarted.
 */
export function isPassing(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && policies.operation.passing.has(error.code);
}

/** @throws {ConnectionError} where the server, or a hop before it, is not ready (RFC 9110 §15.6.3 to §15.6.5) */
export function mustBeReady(response: Response): void {
  if (isForLater(response)) throw notNow(`the server is not ready: ${response.status}`);
}

/** Nothing can be said now: as good as a lost connection, after which it is asked again. */
export function notNow(message: string): ConnectionError {
  return new ConnectionError("lost", message, { mayHaveArrived: true });
}

/** The same loss, of a request before anything that matters was sent: so nothing has arrived. */
export function nothingArrived(error: unknown): unknown {
  if (!(error instanceof ConnectionError)) return error;
  return new ConnectionError(error.code, error.message, { mayHaveArrived: false, cause: error });
}

/** What a server asks for in `Retry-After` is obeyed up to this many milliseconds. */
export const longestRetryAfterMs: number = 5 * 60_000;

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
