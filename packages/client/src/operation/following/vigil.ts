import { ConnectionError } from "../../error/connection-error.ts";
import type { LongWait } from "../long-wait.ts";
import { standing } from "./standing.ts";

/** Silence of so many times the longest pause so far makes the client look beside. */
const patiencePauses = 3;

/** Milliseconds of silence after which it looks at least, and at most, whatever the pace. */
const leastSilenceMs = 5_000;
const longestSilenceMs = 5 * 60_000;

/** The same while one sign alone has come: three times the pause after which servers send them by default. */
const firstSilenceMs = 60_000;

/** The silence that is borne does not grow any more. */
const mostDoublings = 16;

/** A final response that is on its way gets so many milliseconds more than the document that tells of it. */
const graceMs = 2_000;

/**
 * Watches one exchange whose server tells how far it is. Connections die without a word: a router forgets them, a cable is
 * pulled out; and a proxy may lose the final response. So after a silence that does not fit the pace, the status
 * document is asked over another connection. Where it says that the operation has ended, the exchange is given up as lost; else
 * the silence is borne, and it is asked again after twice as long, and so on.
 */
export class Vigil {
  readonly #wait: LongWait;
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  /** Ends the exchange: it is given up, or nobody waits for the request any more. */
  readonly signal: AbortSignal;
  /** Aborted when the exchange has ended, or its caller has left. */
  readonly resting: AbortSignal;
  #signs = 0;
  #heardAtMs = 0;
  #longestPauseMs = 0;

  constructor(wait: LongWait) {
    this.#wait = wait;
    this.signal = AbortSignal.any([wait.signal, this.#ending.signal]);
    this.resting = AbortSignal.any([wait.signal, this.#over.signal]);
  }

  /** There was an interim response, an event, or a part of one. */
  heard(): void {
    const nowMs = this.#wait.context.surroundings.now();
    if (this.#signs > 0) this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - this.#heardAtMs);
    this.#heardAtMs = nowMs;
    this.#signs += 1;
    // What ends its sleep has no other consequence: the exchange tells of it.
    if (this.#signs === 1) this.#watch().catch(() => undefined);
  }

  /** What is watched has come to its end. */
  over(): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    const { surroundings } = this.#wait.context;
    const signal = this.resting;
    let looks = 0;
    let signs = 0;
    let sinceMs = 0;
    while (!signal.aborted) {
      if (signs !== this.#signs) {
        looks = 0;
        signs = this.#signs;
        sinceMs = this.#heardAtMs;
      }
      const borneMs = Math.min(this.#silenceMs * 2 ** looks, longestSilenceMs);
      const leftMs = sinceMs + borneMs - surroundings.now();
      if (leftMs > 0) {
        // The second sign tells the pace, which may be much quicker.
        await surroundings.sleep(this.#signs < 2 ? Math.min(leftMs, leastSilenceMs) : leftMs, signal);
        continue;
      }
      looks = Math.min(looks + 1, mostDoublings);
      sinceMs = surroundings.now();
      if (!(await this.#hasEnded())) continue;
      await surroundings.sleep(graceMs, signal);
      if (signal.aborted) return;
      const message = "nothing more came over the connection, though the operation has ended";
      this.#ending.abort(
        new ConnectionError("lost", message, { mayHaveArrived: true, interims: this.#signs }),
      );
      return;
    }
  }

  get #silenceMs(): number {
    if (this.#signs < 2) return firstSilenceMs;
    return Math.max(patiencePauses * this.#longestPauseMs, leastSilenceMs);
  }

  async #hasEnded(): Promise<boolean> {
    const { url, report } = this.#wait;
    if (url === undefined) return false;
    const document = await standing(this.#wait, url).catch(() => undefined);
    if (document === undefined || this.resting.aborted) return false;
    report.document(document);
    return document.outcome !== undefined;
  }
}
