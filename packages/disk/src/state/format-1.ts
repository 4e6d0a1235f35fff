/** Format 1 of a state: two databases, a file of lines, and a directory of contents. Goes with the release after 0.1. */
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { StateError } from "@meanwhile/state-lmdb";
import { type NewTable, readTables, type TableName, withRoot } from "@meanwhile/state-lmdb/internal";
import { isMissing } from "../calls/errno.ts";
import type { MemberFact, WorkFacts } from "../works/work-facts.ts";
import { noRoot, onlyRoot } from "./claim-state.ts";
import { syncFile, syncNames } from "./sync-files.ts";

/** Where the files of format 1 stay. */
const keptDirectory = "format-1";
const worksFile = "works";
const journalDirectory = "journal";

/** Tables of data.mdb, which are about the root. */
const rootTables: readonly TableName[] = [
  { name: "locks", encoding: "json" },
  { name: "moved-tags", encoding: "json" },
  { name: "properties", encoding: "msgpack" },
  { name: "property-counters", encoding: "msgpack" },
  { name: "property-names", encoding: "msgpack" },
  { name: "property-remains", encoding: "msgpack" },
  { name: "property-works", encoding: "msgpack" },
  { name: "root", encoding: "json" },
  { name: "uploads", encoding: "json" },
];
const sessions: TableName = { name: "sessions", encoding: "json" };
const temporaries: TableName = { name: "temporaries", encoding: "json" };
const about: TableName = { name: "about", encoding: "json" };
const journal: TableName = { name: "journal", encoding: "binary" };
const works: TableName = { name: "works", encoding: "json" };

/**
 * What the tables of format 2 have of a state of format 1, which is not changed.
 * @throws {StateError} "corrupt"; "no-space" where the two do not fit beside each other
 */
export async function readFormat1(directory: string): Promise<readonly NewTable[]> {
  const file = join(directory, "data.mdb");
  const journalFile = join(directory, journalDirectory, "journal.mdb");
  requireRoom(directory, [file, journalFile, join(directory, worksFile)]);
  const rows = await readTables(file, [...rootTables, sessions, temporaries, about]);
  const rowsOf = ({ name }: TableName): NewTable["records"] => rows.get(name) ?? [];
  const ofRoot = (table: TableName, records: NewTable["records"]): NewTable =>
    rooted(onlyRoot, table, records);
  const entries = existsSync(journalFile) ? await readTables(journalFile, [journal]) : undefined;
  const folder = rowsOf(about).filter(({ key }) => key === "folder");
  const unswept = rowsOf(temporaries).map(({ key, value }) => ({
    key,
    value: { ...(value as object), ownerless: true },
  }));
  return [
    ...rootTables.map((table) => ofRoot(table, rowsOf(table))),
    ofRoot(temporaries, unswept),
    ofRoot(about, folder),
    ofRoot(works, workRecords(readIfThere(join(directory, worksFile)))),
    rooted(noRoot, sessions, rowsOf(sessions)),
    rooted(noRoot, journal, entries?.get(journal.name) ?? []),
  ];
}

/**
 * Keeps what is about to be replaced in `format-1/`, and gives the journal's contents to the new state. Nothing of format 1
 * is changed.
 *
 * @param made the directory of the new state's files
 */
export function keepFormat1(directory: string, made: string): void {
  const kept = join(directory, keptDirectory);
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { mode: 0o700 });
  for (const name of ["data.mdb", "data.mdb-changes"]) copyIfThere(join(directory, name), join(kept, name));
  syncNames(kept);
  // Made by an upgrade that was ended.
  rmSync(join(directory, "contents"), { recursive: true, force: true });
  const contents = join(directory, journalDirectory, "contents");
  mkdirSync(join(made, "contents"), { mode: 0o700 });
  if (!existsSync(contents)) return;
  for (const name of readdirSync(contents)) linkOrCopy(join(contents, name), join(made, "contents", name));
  syncNames(join(made, "contents"));
}

/** Puts away what is left of format 1, once format 2 is in use. */
export function tidyFormat1(directory: string): void {
  const kept = join(directory, keptDirectory);
  for (const name of [worksFile, journalDirectory]) {
    const [from, to] = [join(directory, name), join(kept, name)];
    if (existsSync(kept) && existsSync(from) && !existsSync(to)) renameSync(from, to);
  }
}

function rooted(root: number, table: TableName, records: NewTable["records"]): NewTable {
  return {
    ...table,
    version: 1,
    records: records.map(({ key, value }) => ({ key: withRoot(root, key), value })),
  };
}

/** Twice what they have, for pages are not full. */
function requireRoom(directory: string, files: readonly string[]): void {
  const sizes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  const needed = 2 * sizes.reduce((sum, size) => sum + size, 0) + besideBytes;
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize >= needed) return;
  const mebibytes = Math.ceil(needed / 1024 / 1024);
  throw new StateError(
    "no-space",
    `the state in ${directory} cannot be upgraded: ${mebibytes} MiB must be free there`,
  );
}

/** Two small databases. */
const besideBytes = 512 * 1024;

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // There are no hard links here.
    copyFileSync(from, to);
    syncFile(to);
  }
}

/** Copied, since the other may yet be written by a program that then refuses it. */
function copyIfThere(from: string, to: string): void {
  if (!existsSync(from)) return;
  copyFileSync(from, to);
  syncFile(to);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** A line is a fact about a work. The end of a process can cut the last one off. */
function workRecords(text: string): NewTable["records"] {
  const found = new Map<string, { facts: Omit<WorkFacts, "failed">; readonly members: MemberFact[] }>();
  for (const line of text.split("\n")) {
    const read = parse(line);
    if (read === undefined) continue;
    const { work, ...fact } = read;
    const known = found.get(work);
    if (isBeginning(fact)) found.set(work, { facts: fact, members: [] });
    else if (known !== undefined && isMember(fact)) known.members.push(fact.member);
    else if (known !== undefined) known.facts = { ...known.facts, ...fact };
  }
  return [...found].flatMap(([work, { facts, members }]) =>
    [facts, ...members].map((value, number) => ({ key: [work, number], value })),
  );
}

function isBeginning(fact: object): fact is Omit<WorkFacts, "failed"> {
  return "version" in fact && fact.version === 1 && "names" in fact;
}

function isMember(fact: object): fact is { readonly member: MemberFact } {
  return "member" in fact;
}

function parse(line: string): { readonly work: string } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const known = typeof value === "object" && value !== null && "work" in value;
    return known && typeof value.work === "string" ? { ...value, work: value.work } : undefined;
  } catch {
    return undefined;
  }
}
