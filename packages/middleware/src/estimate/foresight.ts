/** Foresees of one request how long it takes, by what its route took before, and lets the route's estimate learn. */
import type { Exchange } from "@meanwhile/interim";
import type { After } from "@meanwhile/operations";
import type { Estimator } from "./duration-estimate.ts";

/**
 * When a request is looked at, in milliseconds: frameworks have found its route by then. What is answered sooner was
 * never in question, and does not count.
 */
const lookMs = 100;

export interface ForesightOptions {
  readonly estimator: Estimator;
  readonly exchange: Exchange;
  /** What requests are told apart by: method, and route or path. */
  readonly route: () => string;
  /** Milliseconds that never go backwards. */
  readonly clock: () => number;
  readonly after: After;
  /** Called once with what is expected, in milliseconds, soon after the beginning. */
  readonly expected: (ms: number) => void;
}

export interface Foresight {
  /** It was answered, in the ordinary way. */
  learn(): void;
  /** Ends looking. */
  stop(): void;
}

/** Tells when a request is expected to take long, as soon as its route is known. */
export function foresee({ estimator, exchange, route, clock, after, expected }: ForesightOptions): Foresight {
  const begunAtMs = clock();
  // A slow upload is the client's time, not the route's.
  let completeAtMs: number | undefined;
  exchange.whenRequestComplete(() => {
    completeAtMs ??= clock();
  });
  const stop = after(lookMs, () => {
    // Content that nobody reads is noticed by a look.
    if (exchange.requestComplete) completeAtMs ??= begunAtMs;
    const ms = estimator.expectedMs(route());
    if (ms !== undefined) expected(ms);
  });
  return {
    learn() {
      if (completeAtMs === undefined || clock() - begunAtMs < lookMs) return;
      estimator.learn(route(), clock() - completeAtMs);
    },
    stop,
  };
}
