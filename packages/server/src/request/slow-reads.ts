/** Safe requests that take long: what keeps a client waiting is made for these alone. */

export interface SlowReads {
  /**
   * Calls back once when the read that begins now has taken `slowMs`, or up to twice as long.
   * @returns to be called when the read has ended
   */
  watch(slow: (elapsedMs: number) => void): () => void;
}

/** From then on a read counts as slow, in milliseconds. */
export const slowMs = 250;

export interface SlowReadsOptions {
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** Runs `run` once after so many milliseconds. */
  readonly setTimer?: (run: () => void, ms: number) => void;
}

/** One timer for all reads, which runs only while there are any: most end before it looks. */
export function createSlowReads(options: SlowReadsOptions = {}): SlowReads {
  const { clock = () => performance.now(), setTimer = unrefTimer } = options;
  const reads = new Set<{ readonly sinceMs: number; readonly slow: (elapsedMs: number) => void }>();
  let running = false;
  const look = (): void => {
    const now = clock();
    for (const read of reads) {
      const elapsedMs = now - read.sinceMs;
      // In the order in which they began.
      if (elapsedMs < slowMs) break;
      reads.delete(read);
      read.slow(elapsedMs);
    }
    running = reads.size > 0;
    if (running) setTimer(look, slowMs);
  };
  return {
    watch(slow) {
      const read = { sinceMs: clock(), slow };
      reads.add(read);
      if (!running) setTimer(look, slowMs);
      running = true;
      return () => void reads.delete(read);
    },
  };
}

function unrefTimer(run: () => void, ms: number): void {
  setTimeout(run, ms).unref();
}
