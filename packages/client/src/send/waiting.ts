/** Patience with one request, from its start to the last byte of its response. */

import { ConnectionError } from "../error/connection-error.ts";
import { misuse } from "../error/misuse.ts";
import { longestTimeoutMs } from "../repeat/surroundings.ts";
import type { Patience } from "./send.ts";

/** Clock and timers, so that tests have their own. */
export interface Timers {
  /** Milliseconds, monotonic. */
  now(): number;
  /** @returns takes the call back */
  after(milliseconds: number, call: () => void): () => void;
}

export const realTimers: Timers = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    // Longer than Node's timers can count means: in 24 days, and see again.
    const timer = setTimeout(call, Math.min(milliseconds, longestTimeoutMs));
    return () => clearTimeout(timer);
  },
};

/**
 *             moved()
 *            ┌───────┐
 *            └▶ waiting ──hold()──▶ held ──moved()──▶ waiting
 *                 │                  │                   │
 *                 └─ idle, timeout ──┴─ timeout, signal ─┴──▶ over (signal aborted)      end() from anywhere: ended
 */
export interface Waiting {
  /** Aborted once patience is over; the reason is what the request rejects with. */
  readonly signal: AbortSignal;
  /** There was a byte or an interim response, either way: the idle time starts anew. */
  moved(): void;
  /** It is the caller who holds up, and not the other side: the idle time stands still until something moves. */
  hold(): void;
  /** Frees timers and listeners. */
  end(): void;
}

/** What a request without a final response is told of: whether it may have arrived, and its interim responses. */
export interface Standing {
  mayHaveArrived: boolean;
  interims: number;
}

/** @throws {TypeError} `ERR_PATIENCE` for a time that is none */
export function startWaiting(patience: Patience, standing: Standing, timers: Timers): Waiting {
  const idleMs = milliseconds("idleTimeoutMs", patience.idleTimeoutMs);
  const wholeMs = milliseconds("timeoutMs", patience.timeoutMs);
  const controller = new AbortController();
  const { signal } = patience;
  const started = timers.now();
  let moved = started;
  let held = false;
  let forgetIdle = (): void => {};
  let forgetWhole = (): void => {};

  const end = (): void => {
    forgetIdle();
    forgetWhole();
    signal?.removeEventListener("abort", onAbort);
  };
  const stop = (reason: unknown): void => {
    end();
    controller.abort(reason);
  };
  const onAbort = (): void => stop(signal?.reason);
  // The timer is not set anew at each byte: it looks, when it is due, how long ago the last one was.
  const watchIdle = (inMs: number): void => {
    forgetIdle = timers.after(inMs, () => {
      if (held) {
        watchIdle(idleMs);
        return;
      }
      const left = moved + idleMs - timers.now();
      if (left > 0) watchIdle(left);
      else stop(new ConnectionError("idle", `nothing was heard for ${idleMs} ms`, standing));
    });
  };
  const watchWhole = (): void => {
    forgetWhole = timers.after(started + wholeMs - timers.now(), () => {
      if (started + wholeMs > timers.now()) watchWhole();
      else stop(new ConnectionError("timeout", `not done after ${wholeMs} ms`, standing));
    });
  };

  if (signal?.aborted) stop(signal.reason);
  else {
    signal?.addEventListener("abort", onAbort, { once: true });
    if (idleMs > 0) watchIdle(idleMs);
    if (wholeMs > 0) watchWhole();
  }

  return {
    signal: controller.signal,
    moved: () => {
      held = false;
      if (idleMs > 0) moved = timers.now();
    },
    hold: () => {
      held = true;
    },
    end,
  };
}

function milliseconds(name: string, value: number | undefined): number {
  if (value === undefined) return 0;
  if (Number.isFinite(value) && value >= 0) return value;
  throw misuse("ERR_PATIENCE", `${name} is a number of milliseconds, or 0 for no limit`);
}

/**
 * What a promise resolves to; undefined as soon as the signal is aborted. It does what `Promise.race` does with a promise
 * that settles at the end only, which would keep whatever was raced against it until then.
 */
export function unlessStopped<Value>(work: Promise<Value>, stop: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const onStop = (): void => resolve(undefined);
    const forget = (): void => stop.removeEventListener("abort", onStop);
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
    work.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        reject(error);
      },
    );
  });
}
