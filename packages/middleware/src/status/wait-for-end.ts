/** A GET that waits for the end of an operation, as its client prefers. */
import type { Exchange, Pacer } from "@meanwhile/interim";
import type { Preferences } from "@meanwhile/interim/fields";
import type { Pacing } from "@meanwhile/interim/pacing";
import type { Allowance } from "@meanwhile/interim/profiles";
import type { Operation, Operations } from "@meanwhile/operations";
import { longestTimeoutMs } from "@meanwhile/operations/internal";
import { firstOf } from "../waiting/first-answer.ts";
import { waitFor } from "../waiting/interim-news.ts";
import { whenAborted, whenEnded } from "../waiting/listeners.ts";

export interface StatusWaitingOptions {
  readonly operations: Operations;
  readonly pacer: Pacer;
  readonly pacing: Pacing;
  readonly allowance: Allowance;
  readonly preferences: Preferences;
  readonly statusUrl: string;
}

/**
 * Waits until the operation has ended; at most as long as `Prefer: wait=N` says (RFC 7240 §4.3), the process lives, or
 * the client stays, which stops nothing but its own waiting. Without `processing` and `wait` it does not wait at all.
 *
 * @returns how many interim responses were sent
 */
export async function waitForEnd(
  operation: Operation,
  exchange: Exchange,
  options: StatusWaitingOptions,
): Promise<number> {
  const { preferences, operations, pacer, pacing, allowance, statusUrl } = options;
  if (!isPatient(preferences)) return 0;
  const following = waitFor(operation, exchange, {
    operations,
    pacer,
    pacing,
    allowance,
    asked: preferences.processing,
    statusUrl: () => statusUrl,
  });
  const { waitSeconds } = preferences;
  await firstOf<unknown>(
    (tell) => whenEnded(operation, tell),
    (tell) => whenAborted(exchange.closed, () => tell("left")),
    (tell) => whenAborted(operations.abandoned, () => tell("stopping")),
    waitSeconds === undefined
      ? undefined
      : (tell) => operations.after(Math.min(waitSeconds * 1000, longestTimeoutMs), () => tell("time")),
  );
  following.stop();
  return following.sent;
}

/** Whether the client would rather wait than be answered at once. */
export function isPatient({ processing, waitSeconds }: Preferences): boolean {
  return processing ? waitSeconds !== 0 : waitSeconds !== undefined && waitSeconds > 0;
}

/** `Preference-Applied` (RFC 7240 §3) of an answer that waited. */
export function appliedPreferences({ processing, waitSeconds }: Preferences): string {
  return [
    ...(processing ? ["processing"] : []),
    ...(waitSeconds === undefined ? [] : [`wait=${waitSeconds}`]),
  ].join(", ");
}
