/** Timers are a parameter: `after(ms, callback)` returns how to cancel it. */
export type After = (ms: number, callback: () => void) => () => void;

/** Node's timers for a longer time would be over at once; in milliseconds. */
export const longestTimeoutMs: number = 2 ** 31 - 1;

/** Timers that do not keep the process alive: a request that waits has a connection, which does. */
export const unheldTimeout: After = (ms, callback) => {
  const timer = setTimeout(callback, Math.min(ms, longestTimeoutMs)).unref();
  return () => clearTimeout(timer);
};
