import { chmodSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { checkDatabaseFile } from "./database-file.ts";
import { StateError } from "./state-error.ts";

/** The version of what is kept: raised whenever an older program could not read it any more. */
export const stateFormat = 1;

/**
 * Opens the database of a state directory, for one folder.
 * @throws {StateError} "corrupt", "newer-format", "other-folder"
 */
export async function openStateDatabase(state: string, folder: string): Promise<RootDatabase> {
  const file = join(state, "data.mdb");
  checkDatabaseFile(file);
  let database: RootDatabase;
  try {
    database = open({ path: state, maxDbs: 32, noSubdir: false });
    // LMDB creates them as the umask says.
    for (const name of ["data.mdb", "lock.mdb"]) chmodSync(join(state, name), 0o600);
  } catch (cause) {
    throw new StateError("corrupt", `the database ${file} cannot be opened`, { cause });
  }
  try {
    const about = database.openDB<number | string, string>({ name: "about", encoding: "json" });
    const format = about.get("format");
    if (format === undefined) {
      await about.batch(() => {
        void about.put("format", stateFormat);
        void about.put("folder", folder);
      });
      return database;
    }
    if (typeof format !== "number" || format > stateFormat) {
      throw new StateError(
        "newer-format",
        `a newer version of this program wrote ${file} (format ${format})`,
      );
    }
    const owner = about.get("folder");
    if (owner === folder) return database;
    throw new StateError(
      "other-folder",
      `the state directory ${state} belongs to the folder ${owner}, not to ${folder}`,
    );
  } catch (error) {
    await database.close();
    if (error instanceof StateError) throw error;
    throw new StateError("corrupt", `the database ${file} cannot be read`, { cause: error });
  }
}
