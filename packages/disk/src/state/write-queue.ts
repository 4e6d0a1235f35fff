import { TreeError } from "@meanwhile/server/store";
import { type RootDatabase, TransactionFlags } from "lmdb";
import { isFull } from "../calls/errno.ts";
import type { Reserve } from "./reserve.ts";

interface Waiting {
  readonly change: () => unknown;
  readonly freesRoom: boolean;
  settle(outcome: Outcome): void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Changes of the database, one after the other: each reads what the ones before it wrote. All that wait are made in
 * one transaction and flushed together, so many at once cost little more than one.
 *
 * The database's own asynchronous transactions are not used: a callback that throws in them never settles.
 */
export class WriteQueue {
  readonly #database: RootDatabase;
  readonly #before: (() => Promise<void> | undefined) | undefined;
  readonly #reserve: Pick<Reserve, "free" | "fill"> | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  /**
   * @param before called before each transaction, which waits for what it returns: what the transaction tells of has
   *   to survive a loss of power first. Where it fails, so do all changes that were to be made.
   * @param reserve room for changes that free some, where the disk is full
   */
  constructor(
    database: RootDatabase,
    before?: () => Promise<void> | undefined,
    reserve?: Pick<Reserve, "free" | "fill">,
  ) {
    this.#database = database;
    this.#before = before;
    this.#reserve = reserve;
  }

  /**
   * Makes a change, whole or not at all: it may throw before it has written anything, not later.
   * @param options.durable whether to wait until a loss of power can no longer undo it; the end of the process
   *   never can. Default: true.
   * @param options.freesRoom whether it belongs to what frees room: on a full disk it may use the reserve. Default: false.
   * @throws what the change throws, or {@link TreeError} "no-space", "unavailable" where the database failed
   */
  run<T>(
    change: () => T,
    options: { readonly durable?: boolean; readonly freesRoom?: boolean } = {},
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: Outcome): void => {
        // Only the change's own result comes back to it.
        if ("value" in outcome) resolve(outcome.value as T);
        else reject(outcome.error);
      };
      const wait = async (outcome: Outcome): Promise<void> => {
        await this.#database.flushed;
        settle(outcome);
      };
      this.#waiting.push({
        change,
        freesRoom: options.freesRoom === true,
        settle:
          options.durable === false
            ? settle
            : (outcome) => void wait(outcome).catch((cause: unknown) => reject(unknown(cause))),
      });
      this.#running ??= this.#drain();
    });
  }

  /** Resolves once nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    await this.#flushed();
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const failure = await this.#prepare();
      const group = this.#waiting.splice(0, 1000);
      const outcomes = failure === undefined ? this.#commit(group) : group.map(() => failure);
      for (const [index, { settle }] of group.entries()) settle(outcomes[index] ?? { error: unknown() });
      await this.#flushed();
    }
    this.#running = undefined;
  }

  async #prepare(): Promise<Outcome | undefined> {
    try {
      const held = this.#before?.();
      if (held !== undefined) await held;
      return undefined;
    } catch (cause) {
      return { error: unknown(cause) };
    }
  }

  /** Never fails: a flush that did is told to those whose changes it was to keep, and others may come after it. */
  async #flushed(): Promise<void> {
    try {
      await this.#database.flushed;
    } catch {
      // Each durable change of the group waits for the same flush, and fails with it.
    }
  }

  #commit(group: readonly Waiting[]): readonly Outcome[] {
    const first = this.#tryToCommit(group);
    if (!("error" in first)) {
      this.#reserve?.fill();
      return first;
    }
    const freeing = group.filter(({ freesRoom }) => freesRoom);
    if (freeing.length === 0 || !isFull(first.error) || this.#reserve?.free() !== true) {
      return group.map(() => first);
    }
    const second = this.#tryToCommit(freeing);
    return group.map((one) => {
      const index = freeing.indexOf(one);
      if (index === -1) return first;
      return "error" in second ? second : (second[index] ?? first);
    });
  }

  #tryToCommit(group: readonly Waiting[]): readonly Outcome[] | { readonly error: TreeError } {
    try {
      return this.#database.transactionSync(
        () => group.map(({ change }) => attempt(change)),
        committedNotFlushed,
      );
    } catch (cause) {
      return { error: unknown(cause) };
    }
  }
}

const committedNotFlushed: TransactionFlags =
  TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

function attempt(change: () => unknown): Outcome {
  try {
    return { value: change() };
  } catch (error) {
    return { error };
  }
}

function unknown(cause?: unknown): TreeError {
  const code = isFull(cause) ? "no-space" : "unavailable";
  return new TreeError(code, "the database could not be written", { cause });
}
