import type { Awaitable } from "@meanwhile/server/store";

/** How long the work may go on before others get their turn. */
const sliceMs = 1.5;

/** Cuts long work that is made of many calls on the main thread into slices, with a turn of the event loop between. */
export class Pace {
  readonly #clock: () => number;
  readonly #nextTurn: () => Promise<void>;
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
}

function afterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
