/** How long a path stays warm at least, in milliseconds; at most twice as long. */
const warmMs = 5_000;
/** So many are remembered at most, twice. */
const mostPaths = 50_000;

/**
 * Paths that were used within the last seconds: what a call needs to know of them is in the system's memory, very likely,
 * so that it will not wait for a disk. Remembered in two generations, so that forgetting costs nothing.
 */
export class WarmPaths {
  readonly #clock: () => number;
  #young: Set<string> = new Set();
  #old: Set<string> = new Set();
  #turnedAt: number;

  /** @param clock milliseconds, never going back */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#turnedAt = clock();
  }

  add(path: string): void {
    this.#turn();
    this.#young.add(path);
  }

  has(path: string): boolean {
    this.#turn();
    return this.#young.has(path) || this.#old.has(path);
  }

  #turn(): void {
    const age = this.#clock() - this.#turnedAt;
    if (age < warmMs && this.#young.size < mostPaths) return;
    this.#old = age < 2 * warmMs ? this.#young : new Set();
    this.#young = new Set();
    this.#turnedAt += age;
  }
}
