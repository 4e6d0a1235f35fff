import type { OperationNews, SharedJournal } from "../journal/shared-journal.ts";
import type { Operation } from "../operation/operation.ts";
import type { After } from "../time/timers.ts";

/** How often an operation's news are told to other processes at most, in milliseconds. */
const publishMs = 500;

/** Tells other processes what changes of operations that run here: all that changed within a while together. */
export class Publisher {
  readonly #shared: SharedJournal;
  readonly #after: After;
  readonly #failed: (error: unknown) => void;
  readonly #changed = new Map<string, Operation>();
  #cancelTimer: (() => void) | undefined;

  /** @param failed told what a publication failed with; the next news come all the same */
  constructor(shared: SharedJournal, after: After, failed: (error: unknown) => void) {
    this.#shared = shared;
    this.#after = after;
    this.#failed = failed;
  }

  /** From now on what changes of the operation is told, until it ends. */
  follow(operation: Operation): void {
    operation.subscribe(() => {
      // How it ended is in its entry.
      if (operation.outcome) this.#changed.delete(operation.id);
      else this.#changed.set(operation.id, operation);
      if (this.#changed.size > 0) this.#cancelTimer ??= this.#after(publishMs, () => this.#publish());
    });
  }

  close(): void {
    this.#cancelTimer?.();
    this.#changed.clear();
  }

  #publish(): void {
    this.#cancelTimer = undefined;
    const news = [...this.#changed.values()].map(newsOf);
    this.#changed.clear();
    if (news.length > 0) this.#shared.publish(news).catch(this.#failed);
  }
}

/** What other processes are told of an operation. */
export function newsOf({ id, version, state, progress, results }: Operation): OperationNews {
  const { latest, failures } = results;
  return { id, version, state, progress, results: { latest, failures, recent: results.latestOnes() } };
}
