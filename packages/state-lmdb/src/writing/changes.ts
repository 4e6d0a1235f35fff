import type { Reserve } from "../files/reserve.ts";
import { isFull, notWritten, StateError } from "../state-error.ts";
import type { Environment } from "../tables/environment.ts";
import type { Batch, Layer } from "../tables/layer.ts";
import { StateTable } from "../tables/state-table.ts";
import { TableVersions } from "../tables/table-versions.ts";
import type { ChangeOptions, Encoding, Key, Part, PartOptions, Table } from "../tables/tables.ts";
import { View } from "../tables/view.ts";
import type { ChangeLog } from "./change-log.ts";
import type { Writer } from "./writer-thread.ts";

export interface ChangesOptions {
  readonly environment: Environment;
  readonly writer: Writer;
  /** Default: what need not survive a loss of power goes with the next batch, as all else. */
  readonly log?: ChangeLog;
  /** Room for changes that free some, where the disk is full. */
  readonly reserve?: Pick<Reserve, "free" | "fill">;
  /** Calls back later; returns how to prevent that. Default: `setTimeout`, which keeps no process alive. */
  readonly after?: (ms: number, callback: () => void) => () => void;
}

/** A part, and how many of its changes wait. */
interface PartState extends PartOptions {
  waiting: number;
}

interface Waiting {
  readonly part: PartState;
  readonly work: () => unknown;
  readonly durable: boolean;
  readonly freesRoom: boolean;
  settle(outcome: Outcome): void;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

/** Changes that are committed together, at most. */
const mostTogether = 1000;
/** How long lines of the log wait for a batch that takes them along. */
const soonMs = 1000;

/** The table in which the number of the last line of the log is that the database has, and what it belongs to. */
export const aboutLog = { name: "changes", encoding: "json" } as const;

/**
 * Changes of the state, in batches: one is under way, in the writer, while the next gathers. A change is run when its batch
 * begins: all before it are committed, or known to have failed.
 *
 *     change ──▶ waits ──▶ run ──▶ with the writer ──▶ committed, flushed
 *        │
 *        └── not durable, and none of its part waits ──▶ run, and a line in the log ──▶ with the next batch
 *
 * What is in the log is made for certain: it is read, and goes with each batch until one is committed.
 */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #view: View;
  readonly #versions: TableVersions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Whether what is in the log is to be committed, even where nothing else waits. */
  #due = false;
  #cancel: (() => void) | undefined;
  #closed = false;

  /** @param missed what the database does not have of the log */
  constructor(options: ChangesOptions, missed: readonly Batch[] = []) {
    this.#options = options;
    this.#view = new View();
    this.#versions = new TableVersions(options.environment);
    for (const batch of missed) this.#view.take(batch);
    if (missed.length > 0) this.#soon();
  }

  part(options: PartOptions = {}): Part {
    const part: PartState = { waiting: 0, ...options };
    return {
      table: <K extends Key, V>(name: string, encoding: Encoding, version = 1): Table<K, V> => {
        this.#versions.expect({ name, encoding }, version);
        const { environment } = this.#options;
        return new StateTable<K, V>({ name, encoding, root: part.root, part, view: this.#view, environment });
      },
      change: (work, how) => this.#change(part, work, how),
    };
  }

  /** Resolves once nothing waits any more, neither in the log. What cannot be committed stays in it, for the next start. */
  async settled(): Promise<void> {
    do {
      this.#due = !this.#view.ahead.isEmpty;
      if (this.#due || this.#waiting.length > 0) this.#start();
      await this.#running;
    } while (this.#waiting.length > 0);
  }

  /** Commits what waits, and refuses what comes later. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    this.#cancel?.();
  }

  #change<T>(
    part: PartState,
    work: () => T,
    { durable = true, freesRoom = false }: ChangeOptions = {},
  ): Promise<T> {
    if (this.#closed)
      return Promise.reject(failureOf(part, new StateError("unavailable", "the state is closed")));
    const { log } = this.#options;
    if (!durable && part.waiting === 0 && !this.#view.isChanging && log?.hasRoom === true) {
      return this.#logged(part, work, { log, freesRoom });
    }
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: Outcome): void => {
        part.waiting -= 1;
        // Only the change's own result comes back to it.
        if ("value" in outcome) resolve(outcome.value as T);
        else reject(outcome.error);
      };
      part.waiting += 1;
      this.#waiting.push({ part, work, durable, freesRoom, settle });
      this.#start();
    });
  }

  async #logged<T>(
    part: PartState,
    work: () => T,
    { log, freesRoom }: { readonly log: ChangeLog; readonly freesRoom: boolean },
  ): Promise<T> {
    const { value, layer } = this.#view.run(part, work);
    if (layer.isEmpty) return value;
    const batch = layer.toBatch();
    try {
      this.#append(log, batch, freesRoom);
    } catch (cause) {
      throw failureOf(part, notWritten(cause));
    }
    this.#view.ahead.merge(layer);
    if (log.hasRoom) this.#soon();
    else this.#commitNow();
    return value;
  }

  #append(log: ChangeLog, batch: Batch, freesRoom: boolean): void {
    try {
      log.append(batch);
    } catch (error) {
      if (!freesRoom || !isFull(error) || this.#options.reserve?.free() !== true) throw error;
      log.append(batch);
    }
  }

  #soon(): void {
    if (this.#running !== undefined) return;
    this.#cancel ??= (this.#options.after ?? unheldTimeout)(soonMs, () => {
      this.#cancel = undefined;
      this.#commitNow();
    });
  }

  #commitNow(): void {
    this.#due = true;
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // All that is asked for in this turn goes together.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#due) {
      this.#due = false;
      this.#cancel?.();
      this.#cancel = undefined;
      await this.#commit(await this.#prepared(this.#waiting.splice(0, mostTogether)));
    }
    this.#running = undefined;
    if (!this.#view.ahead.isEmpty && !this.#closed) this.#soon();
  }

  /** Waits for what has to be before the changes; tells those that cannot be made. @returns the others */
  async #prepared(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    const failed = new Map<PartState, unknown>();
    const parts = new Set(group.filter(({ durable }) => durable).map(({ part }) => part));
    for (const part of parts) {
      try {
        const held = part.before?.();
        if (held !== undefined) await held;
      } catch (cause) {
        failed.set(part, failureOf(part, notWritten(cause)));
      }
    }
    if (failed.size === 0) return group;
    return group.filter((one) => {
      if (!one.durable || !failed.has(one.part)) return true;
      one.settle({ error: failed.get(one.part) });
      return false;
    });
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const failure = await this.#tryToCommit(group);
    if (failure === undefined) return this.#options.reserve?.fill();
    const freeing = group.filter(({ freesRoom }) => freesRoom);
    const others = group.filter(({ freesRoom }) => !freesRoom);
    for (const one of others) one.settle({ error: failureOf(one.part, failure) });
    if (freeing.length === 0) return;
    const last =
      failure.code === "no-space" && this.#options.reserve?.free() === true
        ? await this.#tryToCommit(freeing)
        : failure;
    if (last !== undefined) for (const one of freeing) one.settle({ error: failureOf(one.part, last) });
  }

  /** @returns what it failed with: then none of the changes is made, and nobody is told yet */
  async #tryToCommit(group: readonly Waiting[]): Promise<StateError | undefined> {
    const { environment, writer, log } = this.#options;
    const { outcomes, layer } = this.#view.runAll(group);
    const logged = this.#view.ahead.copy();
    if (!layer.isEmpty || !logged.isEmpty) {
      try {
        const batch = withNumber(logged, layer, log?.last);
        await writer.commit([...batch, ...this.#versions.newIn(batch)]);
        this.#versions.recorded(batch);
      } catch (cause) {
        return notWritten(cause);
      }
      environment.renew();
      this.#view.ahead.forget(logged);
      if (this.#view.ahead.isEmpty) log?.clear();
    }
    for (const [index, one] of group.entries()) one.settle(outcomes[index] ?? { error: notWritten() });
    return undefined;
  }
}

/** What a batch has: what is in the log, what is changed now, and up to which line it has the log. */
function withNumber(logged: Layer, layer: Layer, number: number | undefined): Batch {
  const all = logged.copy();
  all.merge(layer);
  const batch = all.toBatch();
  return number === undefined ? batch : [...batch, { changes: [["written", number]], ...aboutLog }];
}

function failureOf({ failure }: PartOptions, error: StateError): Error {
  return failure?.(error) ?? error;
}

function unheldTimeout(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
