import { StateError } from "../state-error.ts";
import type { Environment } from "./environment.ts";
import type { Batch, TableChanges } from "./layer.ts";
import type { Encoding } from "./tables.ts";

/** The table of the versions of all others, by name. */
export const versionsTable = { name: "tables", encoding: "json" } as const;

/** Which version of its records' form each table has. One of which that is not recorded has the first. */
export class TableVersions {
  readonly #environment: Environment;
  readonly #recorded: Map<string, number>;
  readonly #expected: Map<string, number> = new Map();

  constructor(environment: Environment) {
    this.#environment = environment;
    const rows = environment.table(versionsTable.name, versionsTable.encoding).getRange();
    this.#recorded = new Map([...rows].map(({ key, value }) => [String(key), Number(value)]));
  }

  /** A table is opened by who knows one version of it. @throws {StateError} "newer-format", "unusable" */
  expect({ name, encoding }: Pick<TableChanges, "name" | "encoding">, version: number): void {
    this.#expected.set(name, version);
    const found = this.#recorded.get(name) ?? 1;
    if (found === version || (!this.#recorded.has(name) && this.#isEmpty(name, encoding))) return;
    const what = `the table ${name} of the state has version ${found}`;
    if (found > version) {
      const message = `${what}, written by a newer version of this program, which reads up to ${version}`;
      throw new StateError("newer-format", message);
    }
    throw new StateError("unusable", `${what}, which this version of this program cannot read`);
  }

  /** What a batch has to record beside what it changes. */
  newIn(batch: Batch): readonly TableChanges[] {
    const changes = this.#new(batch).map((name) => [name, this.#expected.get(name)] as const);
    return changes.length === 0 ? [] : [{ ...versionsTable, changes }];
  }

  /** A batch is committed, with that. */
  recorded(batch: Batch): void {
    for (const name of this.#new(batch)) this.#recorded.set(name, this.#expected.get(name) ?? 1);
  }

  #new(batch: Batch): readonly string[] {
    return batch.flatMap(({ name }) => (this.#expected.has(name) && !this.#recorded.has(name) ? [name] : []));
  }

  #isEmpty(name: string, encoding: Encoding): boolean {
    return this.#environment.table(name, encoding).getKeysCount({ limit: 1 }) === 0;
  }
}
