import type { FilePath } from "./file-facts.ts";

/** A call that is about to change something. */
export interface Change {
  readonly call:
    | "create"
    | "write"
    | "rename"
    | "link"
    | "unlink"
    | "rmdir"
    | "mkdir"
    | "mode"
    | "owner"
    | "times"
    | "copy"
    | "sync";
  readonly path: FilePath | undefined;
  readonly to?: string;
}

/**
 * Told before each change. It may throw in the file system's place, or give a promise that the call waits for: one
 * that never settles is the end of the process, as far as the files can tell.
 */
export type BeforeChange = (change: Change) => Promise<never> | undefined;

/** Told before each change of an operation that makes many; may throw in its place. For tests, on the calling thread. */
export type BeforeEach = (change: Change) => void;
