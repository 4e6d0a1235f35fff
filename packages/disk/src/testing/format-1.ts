/** A state of format 1, as a program left it that was killed at work (testing/format-1), and the folder for it. */
import { execFileSync } from "node:child_process";
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Database, open } from "lmdb";
import { identityOf } from "../paths/identity.ts";
import { makeFolder } from "./disk.ts";

const tarball = fileURLToPath(new URL("../../testing/format-1/format-1.tar.gz", import.meta.url));

/** When its process was killed, in milliseconds since the epoch. Its locks last for an hour. */
export const format1EndedMs = 1795963636000;

export interface Format1Options {
  /** Called with the folder's member that was another file system, before anything is put in it. */
  readonly mount?: (directory: string) => void;
}

/** Members of both collections that works are about. */
export const format1Members: readonly string[] = Array.from({ length: 20 }, (_, number) => `${number}`);

/**
 * Unpacks the state, and makes a folder like the one that it belongs to: `/copied` and `/moved`, a part of either staged,
 * `/b`, `/locked`, `/locked-last`. The state is told what of it cannot be the same: where the folder is, which inodes it has.
 */
export async function makeFormat1(options: Format1Options = {}): Promise<{
  readonly folder: string;
  readonly state: string;
}> {
  const { folder, state } = makeFolder();
  mkdirSync(state, { mode: 0o700 });
  execFileSync("tar", ["-xzf", tarball, "-C", state]);
  for (const name of ["copied/deep", "moved", "mount"]) mkdirSync(join(folder, name), { recursive: true });
  options.mount?.(join(folder, "mount"));
  for (const name of format1Members) {
    for (const at of ["copied/deep", "moved"]) writeFileSync(join(folder, at, name), name);
  }
  for (const name of ["b", "locked", "locked-last"]) writeFileSync(join(folder, name), name);
  const database = open({ path: join(state, "data.mdb"), noSubdir: true, maxDbs: 64 });
  const root = database.openDB<{ readonly mark: string }, string>({ name: "root", encoding: "json" });
  writeFileSync(join(folder, ".meanwhile-root~"), root.get("root")?.mark ?? "");
  await database.openDB({ name: "about", encoding: "json" }).put("folder", folder);
  await database.close();
  stageAndTell(folder, state);
  return { folder, state };
}

interface WorkLine {
  readonly work: string;
  readonly method?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly names?: { readonly staged: string };
  readonly staged?: string;
  readonly sourceTimeNs?: string;
}

/** Copies a part of each source to where it was staged, and corrects the record. */
function stageAndTell(folder: string, state: string): void {
  const file = join(state, "works");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const staged = new Map<string, string>();
  const told = lines.map((line) => {
    const fact: WorkLine = JSON.parse(line);
    const { work, source, destination, names } = fact;
    if (source !== undefined && destination !== undefined && names !== undefined && source !== "/a") {
      const at = join(folder, destination, "..", names.staged);
      cpSync(join(folder, source), at, {
        recursive: true,
        filter: (path) => !/\/1\d$/.test(path),
        preserveTimestamps: true,
      });
      staged.set(work, identity(at));
      const { ctimeNs } = lstatSync(join(folder, source), { bigint: true });
      return { ...fact, identity: identity(join(folder, source)), ctimeNs: `${ctimeNs}` };
    }
    if (fact.staged !== undefined) return { ...fact, staged: staged.get(work) };
    // Members that are newer were changed by others.
    if (fact.sourceTimeNs !== undefined) return { ...fact, sourceTimeNs: `${Date.now() + 10_000}000000` };
    return fact;
  });
  writeFileSync(file, told.map((fact) => `${JSON.stringify(fact)}\n`).join(""));
}

function identity(path: string): string {
  return identityOf(lstatSync(path, { bigint: true }));
}

/** All files below a directory with their contents, but those that processes make to know of each other. */
export function filesIn(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/-lock$|^reserve$/.test(entry.name));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path, "latin1")]));
}

/** Does something with a table as programs before format 2 do. */
export async function inFormat1<T>(
  state: string,
  table: string,
  act: (table: Database<unknown, string>) => T,
): Promise<Awaited<T>> {
  const database = open({ path: join(state, "data.mdb"), noSubdir: true, maxDbs: 64 });
  const result = await act(database.openDB({ name: table, encoding: "json" }));
  await database.close();
  return result;
}
