/** The two files of a state: the database, and the file of changes that it does not have yet. */

import { isFull, StateError } from "../state-error.ts";
import { type Environment, openEnvironment, readEnvironment } from "../tables/environment.ts";
import type { Batch, TableChanges } from "../tables/layer.ts";
import { StateTable } from "../tables/state-table.ts";
import { versionsTable } from "../tables/table-versions.ts";
import type { Key, TableRecord } from "../tables/tables.ts";
import { View } from "../tables/view.ts";
import { ChangeLog } from "../writing/change-log.ts";
import { aboutLog } from "../writing/changes.ts";
import { checkDatabaseFile } from "./database-file.ts";
import { makeFilePrivate } from "./private-modes.ts";

/** Both of them, open. */
export interface OpenedFiles {
  readonly environment: Environment;
  readonly log: ChangeLog;
  /** What the database does not have of the file of changes. */
  readonly missed: readonly Batch[];
}

/**
 * Opens them, made where they are missing, with the name of the database that both belong to.
 * @throws {StateError} "corrupt", "unusable", "no-space"; what the system says of a full disk
 */
export function openFiles(file: string, randomId: () => string): OpenedFiles {
  const shorten = checkDatabaseFile(file);
  let environment: Environment | undefined;
  try {
    environment = openEnvironment(file);
    // LMDB creates them as the umask says.
    for (const one of [file, `${file}-lock`]) makeFilePrivate(one);
    const about = environment.table(aboutLog.name, aboutLog.encoding);
    if (about.get("database") === undefined) {
      environment.write([{ ...aboutLog, changes: [["database", randomId()]] }]);
      environment.renew();
    }
    const logFile = `${file}-changes`;
    const [database, written] = [about.get("database"), about.get("written")];
    const { log, missed } = ChangeLog.open({
      file: logFile,
      database: `${database}`,
      written: Number(written ?? 0),
    });
    makeFilePrivate(logFile);
    return { environment, log, missed };
  } catch (cause) {
    void environment?.close();
    if (isFull(cause)) throw cause;
    shorten();
    throw new StateError("corrupt", `the database ${file} cannot be read`, { cause });
  }
}

/** A table of a database, by its name, and how its values become bytes. */
export type TableName = Pick<TableChanges, "name" | "encoding">;

/**
 * Reads tables of a state that is not open, with what its file of changes has; neither file is changed. A table that is
 * missing is empty.
 * @throws {StateError} "corrupt", "unusable"
 */
export async function readTables(
  file: string,
  tables: readonly TableName[],
): Promise<ReadonlyMap<string, readonly TableRecord<Key, unknown>[]>> {
  checkDatabaseFile(file, "unchanged");
  const environment = readEnvironment(file);
  try {
    const about = environment.table(aboutLog.name, aboutLog.encoding);
    const [database, written] = [about.get("database"), about.get("written")];
    const view = new View();
    const log = { file: `${file}-changes`, database: `${database}`, written: Number(written ?? 0) };
    if (database !== undefined) for (const batch of ChangeLog.read(log)) view.take(batch);
    return new Map(
      tables.map(({ name, encoding }) => {
        const table = new StateTable({ name, encoding, part: view, view, environment });
        return [name, [...table.range()]];
      }),
    );
  } catch (cause) {
    throw cause instanceof StateError
      ? cause
      : new StateError("corrupt", `the database ${file} cannot be read`, { cause });
  } finally {
    await environment.close();
  }
}

/** What a table is made with. */
export interface NewTable extends TableName {
  readonly version: number;
  readonly records: readonly TableRecord<Key, unknown>[];
}

/** Makes the files of a state that is not there yet, flushed. @throws as {@link openFiles}, and where the disk is full */
export async function makeFiles(
  file: string,
  tables: readonly NewTable[],
  randomId: () => string,
): Promise<void> {
  const { environment, log } = openFiles(file, randomId);
  try {
    const batch = tables.map(({ name, encoding, records }) => ({
      name,
      encoding,
      changes: records.map(({ key, value }) => [key, value] as const),
    }));
    const versions = tables.map(({ name, version }) => [name, version] as const);
    environment.write([...batch, { ...versionsTable, changes: versions }]);
  } finally {
    log.close();
    await environment.close();
  }
}
