import type { Timers } from "../waiting.ts";

export interface ManualTimers {
  readonly timers: Timers;
  /** Moves the clock on, and calls what is due by then, in its order. */
  advance(milliseconds: number): void;
}

/** Timers that only a test moves on. */
export function manualTimers(): ManualTimers {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    timers: {
      now: () => now,
      after(milliseconds, call) {
        const timer = { at: now + milliseconds, call };
        waiting.add(timer);
        return () => waiting.delete(timer);
      },
    },
    advance(milliseconds) {
      now += milliseconds;
      const due = [...waiting].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at);
      for (const timer of due) if (waiting.delete(timer)) timer.call();
    },
  };
}
