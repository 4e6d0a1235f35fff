/** A clock, and timers by it, that only a test moves on. */
export interface ManualTimers {
  /** Calls back in so many milliseconds; returns what prevents that. */
  readonly after: (ms: number, callback: () => void) => () => void;
  /** What the clock shows, in milliseconds. */
  readonly now: () => number;
  /** How many timers are set. */
  readonly pending: number;
  /** Moves the clock on, and calls what is due by then, in its order. */
  advance(ms: number): void;
}

/** @param startMs what the clock shows first */
export function manualTimers(startMs: number = 0): ManualTimers {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    after(ms, callback) {
      const timer = { atMs: nowMs + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
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
