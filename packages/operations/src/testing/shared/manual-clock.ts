import type { After } from "../../time/timers.ts";

/** A clock that stands until it is told to go on, and its timers. */
export class ManualClock {
  #nowMs: number;
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();

  /** @param nowMs what it shows first */
  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  /** What it shows, in milliseconds. */
  readonly now = (): number => this.#nowMs;

  /** Its timers. */
  readonly after: After = (ms, callback) => {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Goes on, and lets each timer go off at its time, with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const next = due.reduce<(typeof due)[number] | undefined>(
        (first, timer) => (first && first.atMs <= timer.atMs ? first : timer),
        undefined,
      );
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
    this.#nowMs = untilMs;
    await settled();
  }
}

/** Lets everything happen that waits for nothing outside. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
