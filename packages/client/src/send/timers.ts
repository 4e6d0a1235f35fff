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
    const timer = setTimeout(call, Math.min(milliseconds, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
