import { setTimeout as sleep } from "node:timers/promises";
import type { Awaitable } from "@meanwhile/server/store";
import { afterFailure } from "../calls/after-failure.ts";
import { hasNoDescriptor } from "../calls/errno.ts";

/** Waits where no file descriptor is left, and says whether to try again; `attempt` counts from 1. */
export type WhenNoDescriptor = (attempt: number) => Promise<boolean>;

/** So often, at most once a second, before a work gives up: about a minute in all. */
const mostAttempts = 60;

/**
 * Waits longer each time, up to a second: 10, 20, 40 ms ...
 *
 * @param wait resolves after so many milliseconds
 */
export function patience(wait: (ms: number) => Promise<unknown> = sleep): WhenNoDescriptor {
  return async (attempt) => {
    if (attempt > mostAttempts) return false;
    await wait(Math.min(1_000, 10 * 2 ** (attempt - 1)));
    return true;
  };
}

/**
 * Makes a call that opens something, again as often as it is worth waiting for a descriptor.
 *
 * @param wait undefined: the call fails at once
 */
export function patiently<Value>(
  wait: WhenNoDescriptor | undefined,
  open: () => Awaitable<Value>,
): Awaitable<Value> {
  if (wait === undefined) return open();
  return afterFailure(open, async (error) => {
    let failure = error;
    for (let attempt = 1; hasNoDescriptor(failure) && (await wait(attempt)); attempt += 1) {
      try {
        return await open();
      } catch (next) {
        failure = next;
      }
    }
    throw failure;
  });
}
