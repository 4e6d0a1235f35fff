/** The database of a state: read in the thread of the requests, written in another one. */
import { type Database, open, type RootDatabase, TransactionFlags } from "lmdb";
import type { Batch } from "./layer.ts";
import type { Encoding, Key } from "./tables.ts";

/** A table of the database. */
export type KeptTable = Database<unknown, Key>;

/**
 * Opens the database in a thread. Several threads of one process may: the second gets what the first has. Options that can
 * damage the database at a loss of power are none of ours; by default each commit is flushed before it counts.
 */
export function openEnvironment(path: string): Environment {
  return new Environment(open({ path, noSubdir: true, maxDbs: 64 }));
}

/** Opens a database that is not to be changed. A table that is missing is empty. */
export function readEnvironment(path: string): Environment {
  return new Environment(open({ path, noSubdir: true, maxDbs: 64, readOnly: true }));
}

/** A database that is open in this thread. */
export class Environment {
  readonly database: RootDatabase;
  readonly #tables: Map<string, KeptTable> = new Map();

  constructor(database: RootDatabase) {
    this.database = database;
  }

  /** Opens a table, made where it is missing. */
  table(name: string, encoding: Encoding): KeptTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      // In a database that is not to be changed, one that is missing is not made.
      const opened: KeptTable | undefined = this.database.openDB<unknown, Key>({ name, encoding });
      table = opened ?? (emptyTable as KeptTable);
      this.#tables.set(name, table);
    }
    return table;
  }

  /** Writes and flushes a batch, whole or not at all. The calling thread waits for the disk. */
  write(batch: Batch): void {
    const tables = batch.map(({ name, encoding, changes }) => ({
      table: this.table(name, encoding),
      changes,
    }));
    this.database.transactionSync(() => {
      for (const { table, changes } of tables) {
        for (const [key, value] of changes) {
          if (value === undefined) table.removeSync(key);
          else table.putSync(key, value);
        }
      }
    }, whole);
  }

  /** What other threads have committed is read from now on. */
  renew(): void {
    this.database.resetReadTxn();
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}

const emptyTable: Partial<KeptTable> = {
  get: () => undefined,
  doesExist: () => false,
  getRange: () => [] as unknown as ReturnType<KeptTable["getRange"]>,
};

/** Nothing of a batch that fails stays, and it counts once it is flushed. */
const whole: TransactionFlags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT;
