/** Patience with one request, from its start to the last byte of its response. */
import { ConnectionError } from "../error/connection-error.ts";
import type { Patience } from "./send.ts";
import type { Timers } from "./timers.ts";

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
  throw Object.assign(new TypeError(`${name} is a number of milliseconds, or 0 for no limit`), {
    code: "ERR_PATIENCE",
  });
}
