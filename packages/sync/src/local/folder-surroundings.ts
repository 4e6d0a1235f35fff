import { randomBytes } from "node:crypto";
import * as fileSystem from "node:fs/promises";
import { homedir } from "node:os";

/** The calls of `node:fs/promises` that are made. */
export type FileSystem = Pick<
  typeof fileSystem,
  | "appendFile"
  | "chmod"
  | "lstat"
  | "mkdir"
  | "open"
  | "opendir"
  | "readFile"
  | "realpath"
  | "rename"
  | "rmdir"
  | "stat"
  | "unlink"
  | "utimes"
>;

/** What the work on a folder takes from the machine. */
export interface FolderSurroundings {
  readonly fileSystem: FileSystem;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Unguessable, fit for a name. */
  readonly randomName: () => string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** The given surroundings, and for all else those of this process. */
export function surroundingsOf(given: Partial<FolderSurroundings> = {}): FolderSurroundings {
  return {
    fileSystem,
    now: Date.now,
    randomName: () => randomBytes(12).toString("base64url"),
    platform: process.platform,
    env: process.env,
    home: homedir(),
    ...given,
  };
}
