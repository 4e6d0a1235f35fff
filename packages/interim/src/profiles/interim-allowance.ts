/** How much of interim responses is news, and from where on it is a flood. */

/**
 * Interim responses are not kept, so what they may cost is time, not memory. A server that works sends many of them,
 * and may send those of an hour at once when a hop held them back; a flood is what no work explains. So there is a
 * store of bytes that fills up again as time passes, and each interim response takes its size from it, a small one
 * `leastBytes`.
 */
export interface AllowanceOptions {
  /** Bytes that may come at once. Default: 128 MiB, which is 5,000 interim responses of 26 KiB. */
  readonly burstBytes?: number;
  /** Bytes that are added each second. Default: 256 KiB. */
  readonly bytesPerSecond?: number;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

/** What a small interim response counts for: reading it costs more than its bytes. */
const leastBytes = 1024;

export interface Allowance {
  /** @returns false once it is a flood */
  take(bytes: number): boolean;
}

/** Makes a store that is full: see {@link AllowanceOptions}. */
export function createAllowance(options: AllowanceOptions = {}): Allowance {
  const burst = options.burstBytes ?? 128 * 1024 * 1024;
  const perMillisecond = (options.bytesPerSecond ?? 256 * 1024) / 1000;
  const now = options.now ?? (() => performance.now());
  let left = burst;
  let counted = now();
  return {
    take: (bytes) => {
      const time = now();
      left = Math.min(burst, left + (time - counted) * perMillisecond) - Math.max(bytes, leastBytes);
      counted = time;
      return left >= 0;
    },
  };
}
