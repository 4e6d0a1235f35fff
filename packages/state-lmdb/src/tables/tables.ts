/** Tables of records, as those that keep something in a state see them. */

/** At most 1,978 bytes, in UTF-8. Numbers come before texts; what is in a list is compared one after the other. */
export type Key = string | number | (string | number)[];

/** How values become bytes; "binary" ones are `Uint8Array`s. */
export type Encoding = "json" | "msgpack" | "binary";

/** Which records of a table are read. */
export interface RangeOptions<K extends Key> {
  /** The first key. Default: the first that there is. */
  readonly start?: K;
  /** Where it ends, without that key itself. Default: at the last that there is. */
  readonly end?: K;
  /** Begins after `start`. Default: false. */
  readonly exclusiveStart?: boolean;
  /** How many there are at most. Default: no limit. */
  readonly limit?: number;
}

/** A key with its value. */
export interface TableRecord<K extends Key, V> {
  readonly key: K;
  readonly value: V;
}

/**
 * Records by key, in the order of keys. They are read at once: what is committed, and what will be for certain. Within
 * a change also what that change, and those before it, wrote. Values are not to be changed, neither those that were
 * read nor those that were put.
 */
export interface Table<K extends Key, V> {
  /** The value of a key. */
  get(key: K): V | undefined;
  /** Whether there is a value of this key. */
  has(key: K): boolean;
  /** To be read to its end before anything is awaited. */
  range(options?: RangeOptions<K>): Iterable<TableRecord<K, V>>;
  /** Within a change of the table's part only. @throws {RangeError} if the key is too long */
  put(key: K, value: V): void;
  /** Within a change of the table's part only. */
  remove(key: K): void;
}

/** How durable a change is to be. */
export interface ChangeOptions {
  /**
   * Whether to wait until a loss of power can no longer undo it; the end of the process, however it comes, never can.
   * Default: true.
   */
  readonly durable?: boolean;
  /** Whether it belongs to what frees room: on a full disk it may use the reserve. Default: false. */
  readonly freesRoom?: boolean;
}

/** Tables that are changed together, in the order in which it is asked for. */
export interface Part {
  /**
   * Opens a table of this part. To be called before the first change: it may wait for the disk.
   *
   * @param version of the form of its records, from 1 on: it is recorded with the first of them. Default: 1
   * @throws {StateError} "newer-format" where a newer program wrote the table; "unusable" where an older one did
   */
  table<K extends Key, V>(name: string, encoding: Encoding, version?: number): Table<K, V>;
  /**
   * Changes tables, whole or not at all: what `work` puts and removes counts once it has come back. `work` is run when
   * all changes of the part before it are made, and once more where they have to be made without others; it makes no
   * calls that wait.
   *
   * @returns what `work` returned, once its change is committed
   * @throws what `work` throws; or where it could not be written, the part's failure ({@link PartOptions.failure})
   */
  change<T>(work: () => T, options?: ChangeOptions): Promise<T>;
}

/** How a part of the state behaves. */
export interface PartOptions {
  /**
   * What the records belong to, of what has records of the same kind: its number begins each of their keys. Keys that are
   * lists have two members at least then. Default: none does.
   */
  readonly root?: number;
  /**
   * Called before durable changes are committed, which wait for what it returns: what they tell of has to survive a
   * loss of power first. Where it fails, so do they.
   */
  readonly before?: () => Promise<void> | undefined;
  /** Makes the error that a change fails with of a {@link StateError} "no-space" or "unavailable". Default: itself. */
  readonly failure?: (error: Error) => Error;
}
