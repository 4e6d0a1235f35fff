import { ClaimTable } from "../../claims/claim-table.ts";
import type { EntryMarks, Journal, JournalEntry, PutOptions, RemoveOptions } from "../../journal/journal.ts";
import { marked } from "../../journal/marks.ts";
import { memoryJournal } from "../../journal/memory-journal.ts";
import { OperationLostError, type OperationNews, type SharedJournal } from "../../journal/shared-journal.ts";
import type { After } from "../../time/timers.ts";

/** Clock, timers and lease of a {@link SharedMemory}. */
export interface SharedMemoryOptions {
  /** The journal's clock, in milliseconds. */
  readonly now: () => number;
  readonly after: After;
  /** Default: 15 s. */
  readonly leaseMs?: number;
  /** Whether processes are told that something changed; default: they are. Without it they find it by looking. */
  readonly hints?: boolean;
}

/** What the store knows of an operation beside its entry. */
interface Owned {
  owner: string;
  epoch: number;
  news: OperationNews | undefined;
  isCancelRequested: boolean;
  isTold: boolean;
  marks: EntryMarks;
  /** The processes in which somebody waits for it. */
  readonly attendedBy: Set<string>;
}

/**
 * A store in memory that several journals share, as those of several processes do: it keeps every promise of
 * {@link SharedJournal}. For tests: what is in memory ends with its process.
 */
export class SharedMemory {
  readonly #options: SharedMemoryOptions;
  readonly #leaseMs: number;
  readonly #entries: Journal;
  readonly #owned = new Map<string, Owned>();
  /** When each process's lease ends, by its name. */
  readonly #leases = new Map<string, number>();
  readonly #listeners = new Map<string, Set<(id: string) => void>>();
  readonly #claims = new ClaimTable();
  #opened = 0;

  constructor(options: SharedMemoryOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs ?? 15_000;
    this.#entries = memoryJournal({}, options.now);
  }

  /** Opens the journal of one more process, whose lease begins now. */
  open(): Journal & { readonly shared: SharedJournal } {
    this.#opened += 1;
    const name = `process ${this.#opened}`;
    this.#leases.set(name, this.#options.now() + this.#leaseMs);
    const own = (id: string): Owned | undefined => {
      const known = this.#owned.get(id);
      return known?.owner === name ? known : undefined;
    };
    /** The epoch that this process knows of each operation which it owns. */
    const epochs = new Map<string, number>();
    /** Taken over, and not ended since. */
    const inherited = new Set<string>();

    /** @throws {OperationLostError} where this process is no longer the owner */
    const requireOwner = (id: string): void => {
      this.#endLeases();
      if (!this.#leases.has(name)) throw new OperationLostError();
      const known = this.#owned.get(id);
      if (known === undefined) {
        this.#owned.set(id, newlyOwned(name));
        epochs.set(id, 1);
      } else if (known.owner !== name || known.epoch !== epochs.get(id)) throw new OperationLostError();
    };
    const write = (entry: JournalEntry): void => {
      requireOwner(entry.id);
      this.#entries.put(marked(entry, this.#owned.get(entry.id)?.marks ?? {}));
      if (entry.state !== "running") inherited.delete(entry.id);
      this.#tell(name, entry.id);
    };
    const read = async (id: string): Promise<JournalEntry | undefined> => this.#entries.get(id);

    const shared: SharedJournal = {
      leaseMs: this.#leaseMs,
      claims: this.#claims.of(name, this.#options.after),
      renew: async () => {
        this.#endLeases();
        if (!this.#leases.has(name)) throw new OperationLostError();
        this.#leases.set(name, this.#options.now() + this.#leaseMs);
      },
      publish: async (all) => {
        for (const news of all) {
          const known = own(news.id);
          if (known === undefined || !this.#leases.has(name)) continue;
          known.news = news;
          this.#tell(name, news.id);
        }
      },
      news: async (ids) =>
        (await Promise.all(ids.map(read))).flatMap((entry) => (entry ? [this.#newsOf(entry)] : [])),
      requestCancel: async (id) => {
        const known = this.#owned.get(id);
        if (known === undefined) return;
        known.isCancelRequested = true;
        this.#tell(name, id);
      },
      cancelRequests: async () => {
        const asked = [...this.#owned].filter(
          ([, { owner, isCancelRequested }]) => owner === name && isCancelRequested,
        );
        const entries = await Promise.all(asked.map(([id]) => read(id)));
        return entries.flatMap((entry) => (entry?.state === "running" ? [entry.id] : []));
      },
      attend: async (id, isAttended) => {
        const known = this.#owned.get(id);
        if (!this.#leases.has(name)) return;
        if (isAttended) known?.attendedBy.add(name);
        else known?.attendedBy.delete(name);
        if (known) this.#tell(name, id);
      },
      isDeserted: async (id) => {
        this.#endLeases();
        return (this.#owned.get(id)?.attendedBy.size ?? 0) === 0;
      },
      subscribe: (listener) => {
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners);
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };

    return {
      shared,
      put: async (entry: JournalEntry, _options?: PutOptions) => write(entry),
      take: async (entry, replaces) => {
        const holder = entry.key && (this.#entries.byKey(entry.key.name) as JournalEntry | undefined);
        if (holder && holder.id !== replaces && holder.id !== entry.id) return holder;
        write(entry);
        return undefined;
      },
      mark: async (id, marks) => {
        const known = this.#owned.get(id);
        if (known) {
          known.marks = { ...known.marks, ...marks };
          known.isTold ||= marks.told === true;
        }
        await this.#entries.mark(id, marks);
        this.#tell(name, id);
      },
      get: read,
      byKey: async (key) => this.#entries.byKey(key),
      list: async (principal, limit) => this.#entries.list(principal, limit),
      unfinished: async () => {
        this.#endLeases();
        if (!this.#leases.has(name)) return [];
        for (const [id, known] of this.#owned) {
          const entry = await Promise.resolve(this.#entries.get(id));
          if (entry?.state !== "running" || this.#leases.has(known.owner)) continue;
          known.owner = name;
          known.epoch += 1;
          epochs.set(id, known.epoch);
          inherited.add(id);
        }
        const left = (await Promise.all([...inherited].map(read))).flatMap((entry) => entry ?? []);
        return left.sort((one, other) => one.startedAtMs - other.startedAtMs);
      },
      remove: async (id: string, { unlessWanted = false }: RemoveOptions = {}) => {
        const known = this.#owned.get(id);
        if (known === undefined) return;
        requireOwner(id);
        const others = [...known.attendedBy].filter((one) => one !== name);
        if (unlessWanted && (known.isTold || others.length > 0)) return;
        await this.#entries.remove(id);
        this.#owned.delete(id);
        inherited.delete(id);
        this.#tell(name, id);
      },
      close: async () => {
        this.#leases.delete(name);
        this.#listeners.delete(name);
        this.#forget(name);
      },
    };
  }

  /** What leases that ran out held is free. */
  #endLeases(): void {
    const nowMs = this.#options.now();
    for (const [name, endsAtMs] of this.#leases) {
      if (endsAtMs > nowMs) continue;
      this.#leases.delete(name);
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    this.#claims.releaseAll(name);
    for (const { attendedBy } of this.#owned.values()) attendedBy.delete(name);
  }

  #newsOf(entry: JournalEntry): OperationNews {
    const { id, version, state, progress, failed, failures } = entry;
    const news = this.#owned.get(id)?.news;
    if (state === "running" && news && news.version >= version) return news;
    const recent = failed.map((result, index) => ({ ...result, number: index + 1 }));
    return { id, version, state, progress, results: { latest: recent.length, failures, recent } };
  }

  #tell(from: string, id: string): void {
    if (this.#options.hints === false) return;
    for (const [name, listeners] of this.#listeners) {
      if (name !== from) for (const listener of [...listeners]) listener(id);
    }
  }
}

function newlyOwned(owner: string): Owned {
  return {
    owner,
    epoch: 1,
    news: undefined,
    isCancelRequested: false,
    isTold: false,
    marks: {},
    attendedBy: new Set([owner]),
  };
}
