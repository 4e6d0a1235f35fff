import type { LongWait } from "../long-wait.ts";
import { standing } from "./standing.ts";

/** Silence of so many milliseconds is filled, at first... */
const soonestMs = 1_000;
/** ...and of so many later: a tenth of the time since the first sign lies between. */
const latestMs = 5_000;

/**
 * Looks at the status document between the interim responses of one exchange, while the progress is read: servers send
 * interim responses too seldom for a bar that moves (ours each 15 s). A server without an answer is not asked again.
 */
export class Glances {
  readonly #wait: LongWait;
  readonly #over: AbortSignal;
  /** When there was news last, be it by a sign or by a look; undefined before the first sign. */
  #newsMs: number | undefined;

  /** @param over aborted when the exchange has ended */
  constructor(wait: LongWait, over: AbortSignal) {
    this.#wait = wait;
    this.#over = over;
  }

  /** There was an interim response. */
  heard(): void {
    const isFirst = this.#newsMs === undefined;
    const nowMs = this.#wait.context.surroundings.now();
    this.#newsMs = nowMs;
    // What ends its sleep has no other consequence: the exchange tells of it.
    if (isFirst) this.#lookOn(nowMs).catch(() => undefined);
  }

  async #lookOn(firstMs: number): Promise<void> {
    const { report, context } = this.#wait;
    const { surroundings } = context;
    for (;;) {
      const nowMs = surroundings.now();
      const pauseMs = Math.min(Math.max(soonestMs, (nowMs - firstMs) / 10), latestMs);
      const leftMs = (this.#newsMs ?? nowMs) + pauseMs - nowMs;
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
