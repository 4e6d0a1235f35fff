/** A clock, and timers by it, that only a test moves on. */
import type { After } from "@meanwhile/operations";

export interface TestTimers {
  readonly after: After;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How many timers are set. */
  readonly pending: number;
  /** Moves the clock on, and calls what is due by then, in its order. */
  advance(ms: number): void;
}

export function testTimers(startMs: number = 1_000_000): TestTimers {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    after(ms, callback) {
      const timer = { atMs: nowMs + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    now: () => nowMs,
    get pending() {
      return timers.size;
    },
    advance(ms) {
      nowMs += ms;
      const due = [...timers].filter(({ atMs }) => atMs <= nowMs).sort((one, other) => one.atMs - other.atMs);
      for (const timer of due) if (timers.delete(timer)) timer.callback();
    },
  };
}
