/** A state for tests, in a database that the test has opened: what is changed is written in the same thread. */
import type { RootDatabase } from "lmdb";
import { Environment } from "./tables/environment.ts";
import type { Part, PartOptions } from "./tables/tables.ts";
import { Changes } from "./writing/changes.ts";
import type { Writer } from "./writing/writer-thread.ts";

/** Parts of a state, and their end. */
export interface TestState {
  /** A part, whose tables are changed together. */
  part(options?: PartOptions): Part;
  /** Resolves when all that was changed is written. */
  settled(): Promise<void>;
}

/**
 * Opens parts in a database.
 *
 * @param before called before each commit, which waits for what it returns, and fails as it does
 */
export function stateIn(database: RootDatabase, before?: () => Promise<void> | undefined): TestState {
  const environment = new Environment(database);
  const commit: Writer["commit"] = async (batch) => {
    const held = before?.();
    if (held !== undefined) await held;
    environment.write(batch);
  };
  return new Changes({ environment, writer: { commit, close: async () => {} } });
}
