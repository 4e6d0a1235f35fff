/** Time and chance, so that tests have their own. */
export interface Surroundings {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason once it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** From 0 to below 1: spreads repetitions. */
  random(): number;
  /** An unguessable Idempotency-Key. */
  newKey(): string;
}

/** Those of the machine it runs on: Node, or a browser. */
export const realSurroundings: Surroundings = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => timer(milliseconds, signal, true),
  random: () => Math.random(),
  newKey: () => hex(crypto.getRandomValues(new Uint8Array(16))),
};

/** The longest time that a timer can wait for, of Node and of browsers: 24.8 days. */
export const longestTimeoutMs: number = 2 ** 31 - 1;

/** As {@link Surroundings.sleep}, without keeping a Node process alive. */
export function backgroundRest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return timer(milliseconds, signal, false);
}

/** @param holds whether a Node process stays alive for it */
function timer(milliseconds: number, signal: AbortSignal | undefined, holds: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const wake = (): void => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    // A longer sleep ends then.
    const timeout: unknown = setTimeout(wake, Math.min(milliseconds, longestTimeoutMs));
    const abort = (): void => {
      clearTimeout(timeout as number);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    // Browsers' timers are numbers.
    if (!holds && typeof timeout === "object" && timeout !== null && "unref" in timeout) {
      if (typeof timeout.unref === "function") timeout.unref();
    }
  });
}

/** In the shape of a UUID, version 4 (RFC 9562 §5.4). crypto.randomUUID() is absent on pages that were loaded without TLS. */
function hex(bytes: Uint8Array): string {
  const digits = [...bytes].map((byte, at) => {
    const value = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  });
  const part = (from: number, to: number): string => digits.slice(from, to).join("");
  return `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}-${part(8, 10)}-${part(10, 16)}`;
}
