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
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const wake = (): void => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      // Timers count to 2^31 - 1 milliseconds; a longer sleep ends then.
      const timer = setTimeout(wake, Math.min(milliseconds, 2 ** 31 - 1));
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
  random: () => Math.random(),
  newKey: () => hex(crypto.getRandomValues(new Uint8Array(16))),
};

/** In the shape of a UUID, version 4 (RFC 9562 §5.4). crypto.randomUUID() is absent on pages that were loaded without TLS. */
function hex(bytes: Uint8Array): string {
  const digits = [...bytes].map((byte, at) => {
    const value = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return value.toString(16).padStart(2, "0");
  });
  const part = (from: number, to: number): string => digits.slice(from, to).join("");
  return `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}-${part(8, 10)}-${part(10, 16)}`;
}
