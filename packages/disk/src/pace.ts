import type { Awaitable } from "@meanwhile/server/store";

/** A synchronous call that takes longer counts as late. */
const lateMs = 8;
/** Two late calls within this time make the disk a slow one... */
const lateWithinMs = 1000;
/** ...for this long; then synchronous calls are tried again. */
const slowForMs = 2000;
/** How long the work may go on before others get their turn. */
const sliceMs = 1.5;

/**
 * Decides how the file system is called. On a fast disk a synchronous call takes 5 µs where an asynchronous one
 * takes 50 to 100, so calls are made synchronously, in slices of about 1.5 ms with a turn of the event loop between.
 * When calls turn out to be late (a disk that seeks, a network), they are made asynchronously for a while.
 */
export class Pace {
  readonly #clock: () => number;
  readonly #nextTurn: () => Promise<void>;
  #slowUntil = Number.NEGATIVE_INFINITY;
  #lastLate = Number.NEGATIVE_INFINITY;
  #sliceBegan = Number.NEGATIVE_INFINITY;
  #turn: Promise<void> | undefined;

  /**
   * @param clock milliseconds, never going back
   * @param nextTurn resolves once the event loop has gone round
   */
  constructor(clock: () => number = () => performance.now(), nextTurn: () => Promise<void> = afterTurn) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** Makes a call in one of its two forms. */
  call<T>(synchronous: () => T, asynchronous: () => Promise<T>): Awaitable<T> {
    const began = this.#clock();
    if (began < this.#slowUntil) return asynchronous();
    try {
      return synchronous();
    } finally {
      const ended = this.#clock();
      if (ended - began > lateMs) this.#late(ended);
    }
  }

  /** To be awaited between two steps of longer work: gives way to others when the slice is over. */
  breathe(): Awaitable<void> {
    if (this.#turn !== undefined) return this.#turn;
    if (this.#clock() - this.#sliceBegan < sliceMs) return;
    this.#turn = this.#nextTurn().then(() => {
      this.#turn = undefined;
      this.#sliceBegan = this.#clock();
    });
    return this.#turn;
  }

  #late(now: number): void {
    if (now - this.#lastLate < lateWithinMs) this.#slowUntil = now + slowForMs;
    this.#lastLate = now;
  }
}

function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
