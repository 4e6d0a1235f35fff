/** Requests that take long: what keeps a client waiting is made for these alone. */
import { Ring } from "./ring.ts";

export interface SlowRequests {
  /**
   * Calls back once when the request that begins now has taken `slowMs`, or up to twice as long; or at once where all are
   * to hurry.
   * @returns to be called when it has ended
   */
  watch(slow: (elapsedMs: number) => void): () => void;
}

/** From then on a request counts as slow, in milliseconds. */
export const slowMs = 250;

export interface SlowRequestsOptions {
  /** From when this is aborted on, all count as slow. */
  readonly hurry?: AbortSignal;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** Runs `run` once after so many milliseconds. */
  readonly setTimer?: (run: () => void, ms: number) => void;
}

interface Watched {
  readonly sinceMs: number;
  readonly slow: (elapsedMs: number) => void;
}

/** One timer for all requests, which runs only while there are any: most end before it looks. */
export function createSlowRequests(options: SlowRequestsOptions = {}): SlowRequests {
  const { hurry, clock = () => performance.now(), setTimer = unrefTimer } = options;
  /** In the order in which they began. */
  const watched = new Ring<Watched>();
  let running = false;
  const tell = ({ sinceMs, slow }: Watched): void => slow(clock() - sinceMs);
  const look = (): void => {
    for (let first = watched.first; first && clock() - first.sinceMs >= slowMs; first = watched.first) {
      watched.takeFirst();
      tell(first);
    }
    running = !watched.isEmpty;
    if (running) setTimer(look, slowMs);
  };
  hurry?.addEventListener("abort", () => watched.takeAll().forEach(tell), { once: true });
  return {
    watch(slow) {
      if (hurry?.aborted) {
        slow(0);
        return () => undefined;
      }
      const leave = watched.add({ sinceMs: clock(), slow });
      if (!running) setTimer(look, slowMs);
      running = true;
      return leave;
    },
  };
}

function unrefTimer(run: () => void, ms: number): void {
  setTimeout(run, ms).unref();
}
