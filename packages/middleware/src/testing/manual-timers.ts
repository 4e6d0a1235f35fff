/** Timers that only a test moves on. */
import type { After } from "@meanwhile/operations";

export interface ManualTimers {
  readonly after: After;
  /** How many timers are set. */
  readonly pending: number;
  /** Moves the clock on, and calls what is due by then, in its order. */
  advance(ms: number): void;
}

export function manualTimers(): ManualTimers {
  let nowMs = 0;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    after(ms, callback) {
      const timer = { atMs: nowMs + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
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
