/** When the next interim response is due: a pure function of what is known about an exchange. */
import type { Allowance } from "../profiles/profiles.ts";

/** When interim responses are sent. */
export interface Pacing {
  /** Until the first interim response, in milliseconds. */
  readonly afterMs: number;
  /** Between two of them, at least, in milliseconds. */
  readonly everyMs: number;
}

/** RFC 2518 §10.1: "if a method is taking longer than 20 seconds [...] the server SHOULD return a 102". */
export const defaultPacing: Pacing = { afterMs: 20_000, everyMs: 15_000 };

/** Evidence from progress counts from here on, in milliseconds: earlier it is mostly noise. */
const evidenceAfterMs: number = 1_000;

/** The number of last interim responses whose gaps double. */
const doubledGaps = 8;

/** What the time of the next interim response depends on. */
export interface PacingState {
  /** Since the complete request was received, in milliseconds. */
  readonly elapsedMs: number;
  /** Since the last interim response, in milliseconds; undefined before the first. */
  readonly sinceLastMs: number | undefined;
  /** How many interim responses were sent. */
  readonly sent: number;
  /** Whether the client sent `Prefer: processing`. */
  readonly asked: boolean;
  /** Members done, and in all where that is known. */
  readonly done: number;
  readonly total: number | undefined;
}

/**
 * Tells in how many milliseconds the next interim response is due; 0: now; undefined: never, the budget is spent.
 *
 * The first: at once when asked for; else after `afterMs`; from 1 s on (or `afterMs`, if that is shorter) as soon as
 * `elapsed * total / done` says that the whole will take longer than `afterMs`.
 *
 * The later ones: every `everyMs` as long as the budget has no end. A budget of B has to last, and nobody knows how
 * long. With r interim responses left and t the time of the last one, the gap to the next is the largest of
 *
 *   everyMs                               never faster than asked
 *   everyMs * 2^max(0, min(B-1, 8) - r)   the last eight gaps double: 15, 30, 60, 120 s for a budget of 5
 *   t / r                                 what is left is spread in proportion to what was waited already: a budget
 *                                         of 127 is not gone after 127 * 15 s, but lasts for hours
 *
 * Where progress foretells the end, the remaining ones are spread evenly up to it, `remaining time / (r + 1)`, but a gap is
 * never shorter than half of the above: a forecast may be wrong, and an operation that stalls at 99 % is not to
 * spend all at once.
 *
 * With no known end the gaps never shrink from one interim response to the next.
 */
export function nextInterimMs(state: PacingState, pacing: Pacing, allowance: Allowance): number | undefined {
  if (state.sent >= allowance.budget) return undefined;
  if (state.sent === 0 || state.sinceLastMs === undefined) return firstMs(state, pacing);
  return Math.max(0, gapMs(state, state.sinceLastMs, pacing, allowance.budget) - state.sinceLastMs);
}

/** How soon progress may bring the first interim response forward, in milliseconds of waiting. */
export function soonestMs(pacing: Pacing): number {
  return Math.min(evidenceAfterMs, pacing.afterMs);
}

function firstMs(state: PacingState, pacing: Pacing): number {
  if (state.asked) return 0;
  const remainingMs = remaining(state);
  const takesLonger = remainingMs !== undefined && state.elapsedMs + remainingMs > pacing.afterMs;
  const dueMs = takesLonger ? soonestMs(pacing) : pacing.afterMs;
  return Math.max(0, dueMs - state.elapsedMs);
}

function gapMs(state: PacingState, sinceLastMs: number, pacing: Pacing, budget: number): number {
  if (budget === Number.POSITIVE_INFINITY) return pacing.everyMs;
  const left = Math.max(1, Math.floor(budget) - state.sent);
  const doublings = Math.max(0, Math.min(budget - 1, doubledGaps) - left);
  const lastAtMs = Math.max(0, state.elapsedMs - sinceLastMs);
  const cautious = Math.max(pacing.everyMs, pacing.everyMs * 2 ** doublings, lastAtMs / left);
  const remainingMs = remaining(state);
  if (remainingMs === undefined) return cautious;
  return Math.max(pacing.everyMs, (remainingMs + sinceLastMs) / (left + 1), cautious / 2);
}

/** What progress foretells, in milliseconds from now; undefined where it foretells nothing. */
function remaining(state: PacingState): number | undefined {
  const { done, total, elapsedMs } = state;
  if (total === undefined || !(done > 0) || !(total > done) || !(elapsedMs > 0)) return undefined;
  const ms = (elapsedMs * (total - done)) / done;
  return Number.isFinite(ms) ? ms : undefined;
}
