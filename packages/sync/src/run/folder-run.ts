import { CancelledError, type LongRequest, type RequestProgress } from "@meanwhile/client";
import type { FolderSummary, FolderWork } from "../folders/folder-work.ts";
import type { FolderTally } from "./folder-tally.ts";

/** Starts a long request that ends with the signal. */
export type StartRequest<Outcome> = (signal: AbortSignal) => LongRequest<Outcome>;

/** What is under way in one work on a folder, so that all of it can be ended. */
export class FolderRun {
  readonly #ending = new AbortController();
  readonly #running = new Map<LongRequest<unknown>, AbortController>();
  #cancelled = false;

  /** For everything but long requests, which are asked to stop. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Ends all at once. */
  abort(reason: unknown): void {
    this.#ending.abort(reason);
    for (const controller of this.#running.values()) controller.abort(reason);
  }

  /** Asks what runs to stop, and starts nothing more. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#ending.abort(new CancelledError(undefined));
    await Promise.allSettled([...this.#running.keys()].map((request) => request.cancel()));
  }

  /** Starts a long request, follows it to its end, and gives its outcome. */
  async follow<Outcome>(
    start: StartRequest<Outcome>,
    tell: (progress: RequestProgress) => void,
    /** Ends this request only. */
    stop: AbortController = new AbortController(),
  ): Promise<Outcome> {
    this.signal.throwIfAborted();
    const request = start(stop.signal);
    this.#running.set(request, stop);
    // The end may have come while it started.
    if (this.#cancelled) void request.cancel();
    else if (this.signal.aborted) stop.abort(this.signal.reason);
    const news = listen(request, tell);
    try {
      return await request.outcome;
    } catch (error) {
      throw this.#cancelled ? this.signal.reason : error;
    } finally {
      this.#running.delete(request);
      await news;
    }
  }
}

async function listen(
  request: LongRequest<unknown>,
  tell: (progress: RequestProgress) => void,
): Promise<void> {
  for await (const progress of request.progress) tell(progress);
}

/** Starts the work at once, and makes what its caller holds. */
export function startFolderWork(
  tally: FolderTally,
  signal: AbortSignal | undefined,
  work: (run: FolderRun) => Promise<FolderSummary>,
): FolderWork {
  const run = new FolderRun();
  const abort = (): void => run.abort(signal?.reason);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  const begin = async (): Promise<FolderSummary> => {
    try {
      run.signal.throwIfAborted();
      return await work(run);
    } catch (error) {
      // Whatever fell over because of the end, the end is the reason.
      throw run.signal.aborted ? run.signal.reason : error;
    } finally {
      signal?.removeEventListener("abort", abort);
      tally.news.end();
    }
  };
  const outcome = begin();
  return {
    progress: tally.news,
    outcome,
    async cancel() {
      await run.cancel();
      await outcome.then(
        () => undefined,
        () => undefined,
      );
    },
  };
}
