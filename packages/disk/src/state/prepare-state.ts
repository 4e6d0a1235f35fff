/** What a state directory has in it, and how it gets there: at the first start, and from an earlier format. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { StateError } from "@meanwhile/state-lmdb";
import { makeFiles, type NewTable, readTables, withRoot } from "@meanwhile/state-lmdb/internal";
import { aboutTable, noRoot, stateFormat } from "./claim-state.ts";
import { keepFormat1, readFormat1, tidyFormat1 } from "./format-1.ts";
import { syncNames } from "./sync-files.ts";

/** The database of a state directory. */
export const stateFile = "state.mdb";
/** That of programs before format 2. They find their format in it, and refuse a number that they do not know. */
const oldFile = "data.mdb";
/** In which the files of a state are made. */
const newDirectory = "format-2.new";

/**
 * Makes a state where there is none, and brings one of format 1 to format 2: made beside, synced, renamed.
 *
 *     format 1 ──▶ format-2.new/ is made ──▶ data.mdb says 2 ──▶ state.mdb has its name: format 2
 *        ▲                 │                       │
 *        └── killed, full ─┘                       └── killed: goes on from there
 *
 * The files of format 1 stay in `format-1/`.
 *
 * @throws {StateError} "newer-format", "corrupt", "no-space"; the state is as it was then
 */
export async function prepareState(directory: string, randomId: () => string): Promise<void> {
  const at = (...names: string[]): string => join(directory, ...names);
  if (!existsSync(at(stateFile))) {
    const format = await formatOf(at(oldFile));
    if (format !== stateFormat) await makeNew(directory, format, randomId);
    switchOver(directory);
  }
  tidyFormat1(directory);
  rmSync(at(newDirectory), { recursive: true, force: true });
}

/** @returns undefined where there is no state */
async function formatOf(file: string): Promise<1 | typeof stateFormat | undefined> {
  if (!existsSync(file)) return undefined;
  const rows = (await readTables(file, [aboutTable])).get(aboutTable.name) ?? [];
  const format = rows.find(({ key }) => key === "format")?.value;
  // Its first start was ended before it was written.
  if (rows.length === 0) return undefined;
  if (format === 1 || format === stateFormat) return format;
  if (typeof format !== "number")
    throw new StateError("corrupt", `the database ${file} does not say what it is`);
  throw new StateError("newer-format", `a newer version of this program wrote ${file} (format ${format})`);
}

async function makeNew(directory: string, format: 1 | undefined, randomId: () => string): Promise<void> {
  const made = join(directory, newDirectory);
  rmSync(made, { recursive: true, force: true });
  try {
    mkdirSync(made, { mode: 0o700 });
    const tables = format === undefined ? [] : await readFormat1(directory);
    await makeFiles(join(made, stateFile), withAbout(tables, randomId), randomId);
    const records = [{ key: "format", value: stateFormat }];
    await makeFiles(join(made, oldFile), [{ ...aboutTable, version: 1, records }], randomId);
    if (format !== undefined) keepFormat1(directory, made);
    syncNames(made);
    syncNames(directory);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    throw error;
  }
}

/** What the state says of itself. */
function withAbout(tables: readonly NewTable[], randomId: () => string): readonly NewTable[] {
  const owner = createHash("sha256").update(randomId()).digest("hex").slice(0, 16);
  const about = Object.entries({ format: stateFormat, owner, epoch: 0 });
  const records = about.map(([key, value]) => ({ key: withRoot(noRoot, key), value }));
  const others = tables.filter(({ name }) => name !== aboutTable.name);
  const known = tables.find(({ name }) => name === aboutTable.name)?.records ?? [];
  return [...others, { ...aboutTable, version: 1, records: [...records, ...known] }];
}

/** From the first of these names on older programs refuse the directory; with the last one it is in use. */
function switchOver(directory: string): void {
  for (const name of ["contents", oldFile, `${oldFile}-changes`]) {
    const made = join(directory, newDirectory, name);
    if (existsSync(made)) renameSync(made, join(directory, name));
  }
  syncNames(directory);
  const made = join(directory, newDirectory, stateFile);
  if (!existsSync(made)) {
    throw new StateError("corrupt", `the database ${join(directory, stateFile)} is missing`);
  }
  renameSync(made, join(directory, stateFile));
  syncNames(directory);
}
