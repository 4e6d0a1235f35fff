import { ConnectionError } from "../error/connection-error.ts";
import type { Patience } from "../http/send.ts";
import type { VerbContext } from "./verb-context.ts";

/** Losses in a row that are too many: of a server that answered before, which may be about to start again, and of another. */
const mostLosses = 5;
const mostOfStrangers = 3;

/**
 * The lost connections of a request that changes nothing, and so may be sent again to any server (RFC 9110 §9.2.1). The
 * pauses are 0.25 to 0.5 s at first, and each twice as long as the one before.
 */
export class Losses {
  readonly #context: VerbContext;
  readonly #patience: Patience;
  readonly #endsAtMs: number | undefined;
  #inARow = 0;

  constructor(context: VerbContext, patience: Patience) {
    this.#context = context;
    this.#patience = patience;
    const { timeoutMs = 0 } = patience;
    this.#endsAtMs = timeoutMs > 0 ? context.surroundings.now() + timeoutMs : undefined;
  }

  /** What is left of the patience. */
  get patience(): Patience {
    if (this.#endsAtMs === undefined) return this.#patience;
    return { ...this.#patience, timeoutMs: Math.max(this.#endsAtMs - this.#context.surroundings.now(), 1) };
  }

  /** Something came: counting begins anew. */
  news(): void {
    this.#inARow = 0;
  }

  /**
   * Waits before the next try.
   *
   * @throws the error, where another connection would do no better, or there were too many losses
   */
  async after(error: unknown): Promise<void> {
    const { memory, surroundings } = this.#context;
    const { signal } = this.#patience;
    this.#inARow += 1;
    const most = memory.answered ? mostLosses : mostOfStrangers;
    if (signal?.aborted || this.#inARow > most || !this.#mayPass(error)) throw error;
    await surroundings.sleep(250 * 2 ** (this.#inARow - 1) * (1 + surroundings.random()), signal);
  }

  #mayPass(error: unknown): boolean {
    if (!(error instanceof ConnectionError)) return false;
    // Where nobody listened from the start, nobody is expected.
    return error.code === "lost" || (error.code === "refused" && this.#context.memory.answered);
  }
}
