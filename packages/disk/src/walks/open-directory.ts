import * as fs from "node:fs";
import { TreeError } from "@meanwhile/server/store";
import { type NameType, nameOf, openNames, typeOf } from "../calls/directory-names.ts";
import { patiently, type Steps } from "./walk.ts";

const { O_DIRECTORY, O_NOFOLLOW } = fs.constants;
/** Linux; Node does not name it. */
const O_PATH = 0o10000000;

/** A directory that a walk is in. */
export interface WalkedDirectory {
  /** What the system's calls take for it. */
  readonly self: string;
  /** Undefined where directories are not held by descriptors. */
  readonly fd: number | undefined;
  readonly mode: number;
}

/**
 * Enters a directory, never through a link.
 * @param pinning whether it is held by a descriptor (Linux), so that no swap of names leads the walk elsewhere
 */
export function enter(path: string, pinning: boolean): WalkedDirectory {
  if (!pinning) {
    const stats = fs.lstatSync(path);
    if (!stats.isDirectory()) throw new TreeError("not-found");
    return { self: path, fd: undefined, mode: stats.mode };
  }
  const fd = fs.openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    return { self: `/proc/self/fd/${fd}`, fd, mode: fs.fstatSync(fd).mode };
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

/** Lets go of a directory; of none, nothing is done. */
export function leave(directory: WalkedDirectory | undefined): void {
  if (directory?.fd !== undefined) fs.closeSync(directory.fd);
}

/** What a directory has; `name` does not reach what has `bytes`, which are no valid UTF-8. */
export interface WalkedEntry {
  readonly name: string;
  readonly type: NameType;
  readonly bytes?: Uint8Array;
}

/** Entries of a directory, one after the other. To be closed. */
export class WalkedNames {
  readonly #names: fs.Dir;

  private constructor(names: fs.Dir) {
    this.#names = names;
  }

  /** Opens a directory, whose names are read from then on. */
  static open(path: string): Steps<WalkedNames> {
    return patiently(() => new WalkedNames(openNames(path)));
  }

  /** @returns undefined at the end */
  next(): WalkedEntry | undefined {
    const entry = this.#names.readSync();
    if (entry === null) return undefined;
    const name = nameOf(entry);
    if (typeof name === "string") return { name, type: typeOf(entry) };
    return { name: Buffer.from(name).toString(), type: typeOf(entry), bytes: name };
  }

  /** Closes the directory. */
  close(): void {
    this.#names.closeSync();
  }
}
