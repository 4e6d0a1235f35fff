import type { LongWait } from "./long-wait.ts";
import { standing } from "./standing.ts";

/** Silence of so many milliseconds is filled, at first... */
const soonestMs = 1_000;
/** ...and of so many later: a tenth of the time since the first sign lies between. */
const latestMs = 5_000;

/**
 * Looks at the status document between the signs of one exchange, while somebody reads the progress: servers send interim
 * responses seldom (ours each 15 s), which is too seldom for a bar that moves. Nobody is asked twice who has no answer.
 */
export class Glances {
  readonly #wait: LongWait;
  readonly #over: AbortSignal;
  #firstMs: number | undefined;
  #newsMs = 0;

  /** @param over aborted when the exchange has ended */
  constructor(wait: LongWait, over: AbortSignal) {
    this.#wait = wait;
    this.#over = over;
  }

  /** There was an interim response. */
  heard(): void {
    this.#newsMs = this.#wait.context.surroundings.now();
    if (this.#firstMs !== undefined) return;
    this.#firstMs = this.#newsMs;
    // What ends its sleep has no other consequence: the exchange tells of it.
    this.#look().catch(() => undefined);
  }

  async #look(): Promise<void> {
    const { report, context } = this.#wait;
    const { surroundings } = context;
    for (;;) {
      const nowMs = surroundings.now();
      const pauseMs = Math.min(Math.max(soonestMs, (nowMs - (this.#firstMs ?? nowMs)) / 10), latestMs);
      const leftMs = this.#newsMs + pauseMs - nowMs;
      if (leftMs > 0) await surroundings.sleep(leftMs, this.#over);
      else if (!report.news.isRead || this.#wait.url === undefined) this.#newsMs = nowMs;
      else {
        const document = await standing(this.#wait, this.#wait.url);
        // Once it has ended, the final response is on its way.
        if (document === undefined || document.outcome !== undefined || this.#over.aborted) return;
        report.document(document);
        this.#newsMs = surroundings.now();
      }
    }
  }
}
