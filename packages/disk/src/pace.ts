import type { Awaitable } from "@meanwhile/server/store";

/** A synchronous call that takes longer counts as late. */
const lateMs = 8;
/** Late calls that took this long together make the disk a slow one... */
const toleratedMs = 100;
/** ...where they come faster than they are forgiven: milliseconds of them a millisecond. */
const forgiven = 0.1;
/** A disk is slow for this long; then synchronous calls are tried again. */
const slowForMs = 2000;
/** How long the work may go on before others get their turn. */
const sliceMs = 1.5;

/**
 * Decides how the file system is called. On a fast disk a synchronous call takes 5 µs where an asynchronous one
 * takes 50 to 100, so calls are made synchronously, in slices of about 1.5 ms with a turn of the event loop between.
 * When late calls (a disk that seeks, a network) stop the event loop for a tenth of the time, they are made
 * asynchronously for a while. What makes a call late now and then, such as a collection of garbage or a compilation
 * when the process is young, is no reason: it would make hundreds of calls dear to avoid a few pauses.
 */
export class Pace {
  readonly #clock: () => number;
  readonly #nextTurn: () => Promise<void>;
  #slowUntil = Number.NEGATIVE_INFINITY;
  #lateMs = 0;
  #lastLate = 0;
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
      if (ended - began > lateMs) this.#late(ended - began, ended);
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

  #late(tookMs: number, now: number): void {
    const forgivenMs = (now - this.#lastLate) * forgiven;
    this.#lateMs = Math.max(0, this.#lateMs - forgivenMs) + tookMs;
    this.#lastLate = now;
    if (this.#lateMs < toleratedMs) return;
    this.#slowUntil = now + slowForMs;
    // A disk that is still slow then is known by its first late calls.
    this.#lastLate = this.#slowUntil;
    this.#lateMs = toleratedMs - 2 * lateMs;
  }
}

function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
