import { createHash } from "node:crypto";
import { withinLimit } from "../journal/content-limit.ts";
import type { EntryMarks, Journal, JournalEntry, PutOptions } from "../journal/journal.ts";
import { indexed, JournalIndex } from "../journal/journal-index.ts";
import { marked } from "../journal/marks.ts";
import type { Retention } from "../journal/retention.ts";
import { type SecretClocks, SecretWatch, secretSince, withoutSecrets } from "../journal/secrets.ts";
import type { ContentFiles } from "./content-files.ts";
import {
  type ContentFile,
  decodeRecord,
  type EntryRecord,
  encodeRecord,
  fileOf,
  withFile,
} from "./entry-record.ts";
import { formatKey } from "./format.ts";
import { JournalError, journalFailure } from "./journal-error.ts";
import type { JournalRecords, JournalStore } from "./journal-store.ts";

export interface KeptEntriesOptions extends SecretClocks {
  readonly records: JournalRecords;
  readonly change: JournalStore["change"];
  readonly contents: ContentFiles;
  /** Named in messages. */
  readonly file: string;
  readonly retention: Retention;
  readonly contentLimit: number;
  readonly memoryLimit: number;
}

/** How many entries one `put` gives up at most, so that none takes long. */
const droppedAtOnce = 16;

/**
 * Records, one for each entry; large contents in files; what entries are found by in memory. A record is committed
 * before anything else is changed, so what is in memory is never ahead of what is kept.
 */
export class KeptEntries implements Journal {
  readonly #options: KeptEntriesOptions;
  #closed = false;
  readonly #index: JournalIndex;
  /** The records of entries whose content is in a file, by id. */
  readonly #files = new Map<string, ContentFile>();
  /** The place of ended entries in the order of ends, by id. */
  readonly #orders = new Map<string, number>();
  /** Entries that an earlier process left running. */
  readonly #inherited = new Set<string>();
  /** The last change of each id, and the last take of each key, that is under way: those of one are made one after the other. */
  readonly #changes = new Map<string, Promise<void>>();
  readonly #secrets: SecretWatch;
  #lastOrder = 0;

  private constructor(options: KeptEntriesOptions) {
    this.#options = options;
    this.#index = new JournalIndex(options.retention, options.now, options.lease);
    // What could not be forgotten now is tried again; the failure is not logged.
    this.#secrets = new SecretWatch(options, (id) => void this.#forgetSecrets(id).catch(() => {}));
  }

  /** Reads and checks what is kept, and drops what retention gives up. */
  static async open(options: KeptEntriesOptions): Promise<KeptEntries> {
    const journal = new KeptEntries(options);
    const kept = journal.#readAll();
    kept.sort((one, other) => one.order - other.order || one.indexed.startedAtMs - other.indexed.startedAtMs);
    for (const one of kept) {
      journal.#take(one);
      if (one.indexed.endedAtMs === undefined) journal.#inherited.add(one.indexed.id);
    }
    await options.contents.sweep(new Map([...journal.#files.values()].map((file) => [file.name, file])));
    await journal.#drop(journal.#index.overdue(Number.POSITIVE_INFINITY));
    for (const { indexed } of kept) {
      if (journal.#secrets.isDue(indexed.id)) await journal.#forgetSecrets(indexed.id);
    }
    return journal;
  }

  put(entry: JournalEntry, options?: PutOptions): Promise<void> {
    return this.#inTurn(entry.id, () => this.#put(entry, options));
  }

  async take(
    entry: JournalEntry,
    replaces: string | undefined,
    options?: PutOptions,
  ): Promise<JournalEntry | undefined> {
    const name = entry.key?.name;
    if (name === undefined) {
      await this.put(entry, options);
      return undefined;
    }
    return this.#inTurn(`key ${name}`, async () => {
      const id = this.#index.byKey(name);
      const isFree = id === undefined || id === replaces || id === entry.id;
      const holder = isFree ? undefined : await this.get(id);
      if (holder === undefined) await this.put(entry, options);
      return holder;
    });
  }

  mark(id: string, marks: EntryMarks): Promise<void> {
    return this.#inTurn(id, async () => {
      const entry = await this.get(id);
      if (entry) await this.#put(marked(entry, marks));
    });
  }

  async get(id: string): Promise<JournalEntry | undefined> {
    const entry = await this.#get(id);
    return entry && this.#secrets.isDue(id) ? withoutSecrets(entry) : entry;
  }

  async #get(id: string): Promise<JournalEntry | undefined> {
    while (this.#index.has(id)) {
      const record = this.#read(id);
      if (record === undefined) return undefined;
      const { entry, file } = record;
      if (file === undefined || entry.outcome === undefined) return entry;
      const content = await this.#options.contents.read(file);
      if (content !== undefined) return { ...entry, outcome: withFile(entry.outcome, content) };
      // Replaced or dropped in between; else it is lost.
      if (this.#files.get(id)?.name === file.name) {
        throw this.#corrupt(`a content of ${id} is missing`);
      }
    }
    return undefined;
  }

  async byKey(name: string): Promise<JournalEntry | undefined> {
    const id = this.#index.byKey(name);
    return id === undefined ? undefined : this.get(id);
  }

  /** Contents stay where they are: a list of a hundred outcomes is small. */
  async list(principal: string, limit: number): Promise<readonly JournalEntry[]> {
    return this.#entries(this.#index.list(principal, limit)).map((entry) =>
      entry.outcome === undefined ? entry : { ...entry, outcome: { ...entry.outcome, content: "" } },
    );
  }

  async unfinished(): Promise<readonly JournalEntry[]> {
    return this.#entries(this.#index.running().filter((id) => this.#inherited.has(id)));
  }

  remove(id: string): Promise<void> {
    return this.#inTurn(id, () => this.#remove(id));
  }

  /** Resolves once what was put is committed. What is put later is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#secrets.close();
    await Promise.allSettled(this.#changes.values());
  }

  async #put(entry: JournalEntry, options?: PutOptions): Promise<void> {
    const { contents, contentLimit, memoryLimit, retention, change, records } = this.#options;
    const { id } = entry;
    const kept = withinLimit(entry, Math.min(contentLimit, retention.bytes));
    const file = await this.#write(kept, memoryLimit);
    const order = this.#orders.get(id) ?? (kept.state === "running" ? 0 : ++this.#lastOrder);
    try {
      const record = encodeRecord({ entry: kept, file, order });
      await change(() => records.put(keyOf(id), record), options);
    } catch (error) {
      if (file) await contents.remove(file);
      throw error;
    }
    const replaced = this.#files.get(id);
    this.#take({ indexed: indexed(kept), file, order, secretSinceMs: secretSince(kept) });
    if (replaced) await contents.remove(replaced);
    // Nobody waits for it, and what could not be dropped now is tried again at the next start.
    this.#drop(this.#index.overdue(droppedAtOnce)).catch(() => {});
  }

  async #write({ outcome }: JournalEntry, memoryLimit: number): Promise<ContentFile | undefined> {
    if (outcome === undefined) return undefined;
    const content = fileOf(outcome);
    const isSecret = outcome.secret && !outcome.forgotten;
    if (content.byteLength <= memoryLimit && !isSecret) return undefined;
    try {
      return await this.#options.contents.write(content);
    } catch (cause) {
      throw journalFailure("a content could not be written", cause);
    }
  }

  async #remove(id: string): Promise<void> {
    const { change, records, contents } = this.#options;
    await change(() => records.remove(keyOf(id)), forgotten);
    const file = this.#files.get(id);
    this.#forget(id);
    if (file) await contents.remove(file);
  }

  /** Gives entries up: they are not found any more from now on, whether or not the disk obeys. */
  async #drop(ids: readonly string[]): Promise<void> {
    const removals = ids.map((id) => {
      const file = this.#files.get(id);
      this.#forget(id);
      return this.#inTurn(id, async () => {
        // Put again in between: then it stays.
        if (this.#index.has(id)) return;
        const { change, records } = this.#options;
        await change(() => records.remove(keyOf(id)), forgotten);
        if (file) await this.#options.contents.remove(file);
      });
    });
    await Promise.all(removals);
  }

  async #forgetSecrets(id: string): Promise<void> {
    await this.#inTurn(id, async () => {
      const entry = this.#read(id)?.entry;
      if (entry && this.#index.has(id)) await this.#put(withoutSecrets(entry));
    });
  }

  #take({ indexed, file, order, secretSinceMs }: Kept): void {
    const { id } = indexed;
    this.#index.put(indexed);
    this.#secrets.put(id, secretSinceMs);
    if (file) this.#files.set(id, file);
    else this.#files.delete(id);
    if (indexed.endedAtMs === undefined) return;
    this.#orders.set(id, order);
    this.#lastOrder = Math.max(this.#lastOrder, order);
    this.#inherited.delete(id);
  }

  #forget(id: string): void {
    this.#index.remove(id);
    this.#secrets.remove(id);
    this.#files.delete(id);
    this.#orders.delete(id);
    this.#inherited.delete(id);
  }

  #inTurn<Value>(of: string, change: () => Promise<Value>): Promise<Value> {
    if (this.#closed) return Promise.reject(journalFailure("the journal is closed"));
    const before = this.#changes.get(of);
    const made = before === undefined ? change() : before.then(change);
    const settled = made.then(ignore, ignore).finally(() => {
      if (this.#changes.get(of) === settled) this.#changes.delete(of);
    });
    this.#changes.set(of, settled);
    return made;
  }

  #entries(ids: readonly string[]): readonly JournalEntry[] {
    return ids.flatMap((id) => this.#read(id)?.entry ?? []);
  }

  #read(id: string): EntryRecord | undefined {
    const value = this.#options.records.get(keyOf(id));
    if (value === undefined) return undefined;
    try {
      return decodeRecord(value);
    } catch (cause) {
      throw this.#corrupt(`the record of ${id} cannot be read`, cause);
    }
  }

  #readAll(): Kept[] {
    const kept: Kept[] = [];
    let at: unknown;
    try {
      for (const { key, value } of this.#options.records.range()) {
        at = key;
        if (key === formatKey) continue;
        const { entry, file, order } = decodeRecord(value);
        if (keyOf(entry.id) !== key) throw new TypeError("the record belongs to another entry");
        const found = indexed(entry);
        // Its content was not read, and counts all the same.
        const bytes = found.bytes + (file?.size ?? 0);
        kept.push({ indexed: { ...found, bytes }, file, order, secretSinceMs: secretSince(entry) });
      }
    } catch (cause) {
      throw this.#corrupt(`the record ${String(at)} cannot be read`, cause);
    }
    return kept;
  }

  #corrupt(what: string, cause?: unknown): JournalError {
    return new JournalError("ERR_JOURNAL_CORRUPT", `the journal ${this.#options.file} is damaged: ${what}`, {
      cause,
    });
  }
}

/** What is in memory of a record. */
interface Kept {
  readonly indexed: ReturnType<typeof indexed>;
  readonly file: ContentFile | undefined;
  readonly order: number;
  readonly secretSinceMs: number | undefined;
}

const ignore = (): void => undefined;

/** Should the power be lost, it is there once more, and forgotten when its time is over. */
const forgotten: PutOptions = { freesRoom: true, durable: false };

/** Keys are short, and ids may be anything. */
function keyOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
