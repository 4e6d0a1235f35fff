import type { Journal, JournalEntry } from "../journal/journal.ts";
import type { SharedJournal } from "../journal/shared-journal.ts";
import type { Operation } from "../operation/operation.ts";
import type { RunningOperation } from "../operation/running-operation.ts";
import type { After } from "../time/timers.ts";
import { Membership } from "./membership.ts";
import { newsOf, Publisher } from "./publisher.ts";
import { RemoteOperations } from "./remote-operations.ts";

export interface SharingOptions {
  readonly journal: Journal;
  readonly shared: SharedJournal;
  readonly after: After;
  /** A clock that does not jump, in milliseconds. */
  readonly steady: () => number;
  /** Operations of this process that run, by id. */
  readonly running: ReadonlyMap<string, RunningOperation>;
  /** Takes up what other processes left. */
  readonly takeUp: () => Promise<void>;
  /** Called once, when this process has lost its lease. */
  readonly lost: () => void;
  readonly warn: (message: string, operation?: Operation) => void;
}

/** What an engine does where several processes share its journal. */
export class Sharing {
  readonly #options: SharingOptions;
  readonly #membership: Membership;
  readonly #remotes: RemoteOperations;
  readonly #publisher: Publisher;
  readonly #unsubscribe: () => void;
  /** Operations of this process that nobody waits for here, before they are recorded. */
  readonly #deserted = new WeakSet<Operation>();
  #isOver = false;

  constructor(options: SharingOptions) {
    this.#options = options;
    const { journal, shared, after, steady, warn, running } = options;
    this.#remotes = new RemoteOperations({ journal, shared, after, warn });
    this.#publisher = new Publisher(shared, after, (error) =>
      warn(`news could not be told to other processes: ${String(error)}`),
    );
    this.#membership = new Membership({
      ...{ shared, after, steady, warn },
      renewed: () => this.#renewed(),
      lost: options.lost,
    });
    this.#unsubscribe = shared.subscribe((id) => {
      if (running.has(id)) void this.#cancelWhatIsAsked();
    });
  }

  /** An operation begins here. */
  follow(operation: RunningOperation): void {
    this.#publisher.follow(operation);
  }

  /** An operation of this process is recorded for the first time: other processes see it from now on. */
  recorded(operation: RunningOperation): void {
    if (this.#deserted.has(operation)) this.attend(operation, false);
    void this.#try("news", operation, () => this.#options.shared.publish([newsOf(operation)]));
  }

  /** What the journal has of operations, those that run elsewhere as operations. */
  async of(entries: readonly JournalEntry[]): Promise<readonly (Operation | JournalEntry)[]> {
    const runs = entries.filter(({ state }) => state === "running");
    if (runs.length === 0 || this.#isOver) return entries;
    const remotes = new Map((await this.#remotes.of(runs)).map((one) => [one.id, one]));
    return entries.map((entry) => remotes.get(entry.id) ?? entry);
  }

  /** Whether a request in this process waits for the operation. */
  attend(operation: Operation, isAttended: boolean): void {
    if (isAttended) this.#deserted.delete(operation);
    else this.#deserted.add(operation);
    void this.#try("who waits", operation, () => this.#options.shared.attend(operation.id, isAttended));
  }

  isDeserted(id: string): Promise<boolean> {
    return this.#options.shared.isDeserted(id);
  }

  /** The journal refused to write: this process has lost its operations. */
  lose(): void {
    this.#membership.lose();
  }

  close(): void {
    this.#isOver = true;
    this.#membership.end();
    this.#publisher.close();
    this.#remotes.close();
    this.#unsubscribe();
  }

  async #renewed(): Promise<void> {
    const { takeUp, warn } = this.#options;
    await this.#cancelWhatIsAsked();
    try {
      await takeUp();
    } catch (error) {
      // It is tried again at the next renewal.
      warn(`what other processes left could not be taken up: ${String(error)}`);
    }
  }

  async #cancelWhatIsAsked(): Promise<void> {
    const { shared, running, warn } = this.#options;
    try {
      for (const id of await shared.cancelRequests()) {
        const operation = running.get(id);
        if (operation && operation.state === "running") operation.cancel();
      }
    } catch (error) {
      warn(`whether somebody asked to stop operations could not be read: ${String(error)}`);
    }
  }

  async #try(what: string, operation: Operation, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!this.#isOver) {
        this.#options.warn(`${what} could not be told to other processes: ${String(error)}`, operation);
      }
    }
  }
}
