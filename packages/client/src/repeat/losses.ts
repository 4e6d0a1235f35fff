import type { VerbContext } from "../dav/verb-context.ts";
import { ConnectionError } from "../error/connection-error.ts";
import type { Patience } from "../send/send.ts";
import { mostOfStrangers, retryAfterMs } from "./backoff.ts";
import { isForLater } from "./setback.ts";

/** Losses in a row that are too many of a server that answered before, which may be about to start again. */
const mostLosses = 5;

/** Who wants to be asked again only after more milliseconds than these is not waited for. */
const longestPauseMs = 10_000;

/**
 * The losses of a request that changes nothing, and so may be sent again to any server (RFC 9110 §9.2.1): its connection
 * was lost, or who answered is not ready. The pauses are 0.25 to 0.5 s at first, and each twice as long as the one before.
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
    this.#inARow += 1;
    const pauseMs = this.#pauseMs();
    if (this.#patience.signal?.aborted || !this.#mayPass(error) || this.#isTooMuch(pauseMs)) throw error;
    await this.#sleep(pauseMs);
  }

  /**
   * The wait before the next try, where the server, or somebody before it, is not ready (RFC 9110 §15.6.3 to §15.6.5), or
   * wants to be asked later (RFC 6585 §4).
   *
   * @returns undefined where the response is the answer: it says something else, or wants too much patience
   */
  refused(response: Response): (() => Promise<void>) | undefined {
    if (!isForLater(response)) return undefined;
    this.#inARow += 1;
    const pauseMs = Math.max(this.#pauseMs(), retryAfterMs(response.headers) ?? 0);
    if (pauseMs > longestPauseMs || this.#isTooMuch(pauseMs)) return undefined;
    return () => this.#sleep(pauseMs);
  }

  #pauseMs(): number {
    return 250 * 2 ** (this.#inARow - 1) * (1 + this.#context.surroundings.random());
  }

  /** It was tried often enough, or the time would be over before the next try. */
  #isTooMuch(pauseMs: number): boolean {
    const { memory, surroundings } = this.#context;
    if (this.#inARow > (memory.answered ? mostLosses : mostOfStrangers)) return true;
    return this.#endsAtMs !== undefined && surroundings.now() + pauseMs >= this.#endsAtMs;
  }

  #sleep(ms: number): Promise<void> {
    return this.#context.surroundings.sleep(ms, this.#patience.signal);
  }

  #mayPass(error: unknown): boolean {
    if (!(error instanceof ConnectionError)) return false;
    // Where nobody listened from the start, nobody is expected.
    return error.code === "lost" || (error.code === "refused" && this.#context.memory.answered);
  }
}
