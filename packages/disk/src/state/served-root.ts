import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Part, StateError, type Table } from "@meanwhile/state-lmdb";
import { isMissing, treeError } from "../calls/errno.ts";
import { identityOf } from "../paths/identity.ts";
import { keepsInodesOn } from "../paths/keeps-inodes.ts";
import { isReservedName, rootMarkName } from "../paths/names.ts";

/** How the state knows its root again. */
interface RootRecord {
  /** The content of a hidden file in the root; absent where none could be made. */
  readonly mark?: string;
  /** The type of its file system, and which directory it is where that keeps inode numbers. */
  readonly identity: string;
}

export interface ServedRootOptions {
  /** Of the state, which tells of this root alone. */
  readonly part: Part;
  readonly root: string;
  /** Unguessable. */
  readonly randomId: () => string;
  /** Takes the root whatever the state knows of it. */
  readonly accept: boolean;
}

/**
 * Makes sure that the root is the one that the state belongs to, and marks it at the first start. A mount that is not
 * there leaves an empty directory, which must not be taken for a folder in which all was removed.
 *
 * @returns the mark; undefined where the root cannot be written
 * @throws {StateError} "other-root"; nothing is changed then. "unusable" where the mark cannot be read
 */
export async function recogniseRoot(options: ServedRootOptions): Promise<string | undefined> {
  const { part, root, accept } = options;
  const about: Table<string, RootRecord> = part.table("root", "json");
  const recorded = about.get("root");
  const there = readMark(root);
  const identity = identityOfRoot(root);
  if (!accept) refuseOther(options, recorded, { there, identity });
  const mark = there ?? makeMark(root, options.randomId());
  if (recorded?.mark !== mark || recorded?.identity !== identity.text) {
    const record = { ...(mark === undefined ? {} : { mark }), identity: identity.text };
    await part.change(() => about.put("root", record), { freesRoom: true });
  }
  return mark;
}

/** @returns undefined where there is none; @throws {StateError} where that cannot be told */
function readMark(root: string): string | undefined {
  try {
    return readFileSync(join(root, rootMarkName), "utf8").slice(0, mostMark);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const message = `the folder ${root} cannot be read (${treeError(cause).message})`;
    throw new StateError("unusable", message, { cause });
  }
}

const mostMark = 200;

function identityOfRoot(root: string): { readonly text: string; readonly certain: boolean } {
  const { type } = statfsSync(root, { bigint: true });
  const certain = keepsInodesOn(type);
  return { text: certain ? `${type}:${identityOf(lstatSync(root, { bigint: true }))}` : `${type}`, certain };
}

function refuseOther(
  { part, root }: ServedRootOptions,
  recorded: RootRecord | undefined,
  now: { readonly there: string | undefined; readonly identity: ReturnType<typeof identityOfRoot> },
): void {
  const same = recorded?.identity === now.identity.text;
  if (recorded === undefined) {
    if (!(isEmpty(root) && knowsMembers(part))) return;
  } else if (recorded.mark === undefined) {
    if (same) return;
  } else if (now.there === recorded.mark || (now.there === undefined && same && now.identity.certain)) return;
  throw new StateError(
    "other-root",
    `${root} is not the folder that its state belongs to: is its file system mounted? If it was restored or replaced, ` +
      "start once with --accept-new-root",
  );
}

/** @returns undefined where the root cannot be written */
function makeMark(root: string, mark: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(join(root, rootMarkName), "wx", 0o600);
  } catch (error) {
    const { code } = treeError(error);
    if (code === "denied" || code === "no-space") return undefined;
    throw new StateError("unusable", `the folder ${root} cannot be used`, { cause: error });
  }
  try {
    writeSync(fd, mark);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return mark;
}

function isEmpty(root: string): boolean {
  return readdirSync(root).every(isReservedName);
}

/** Whether the state of an earlier version has dead properties or locks. */
function knowsMembers(part: Part): boolean {
  const tables = [part.table("property-names", "msgpack"), part.table("locks", "json")];
  return tables.some((rows) => [...rows.range({ limit: 1 })].length > 0);
}
