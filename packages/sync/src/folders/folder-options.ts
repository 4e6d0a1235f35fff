import { misuse } from "@meanwhile/client/internal";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";

/** Of every transfer between a local folder or file and a server. */
export interface LocalOptions {
  /** Ends the work; its outcome rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds without any byte and any interim response, of each request. Default: no limit. */
  readonly idleTimeoutMs?: number;
  /** Lock tokens of others to submit with each change. */
  readonly lockTokens?: readonly string[];
  /** File system, clock, platform. Default: those of this machine. */
  readonly surroundings?: Partial<FolderSurroundings>;
}

export interface FolderOptions extends LocalOptions {
  /** How many transfers are under way at a time, 1 to 64. Default: 4. */
  readonly concurrency?: number;
  /** Only tell what would be done. Default: no. */
  readonly dryRun?: boolean;
  /** Start nothing more once a member failed. Default: no. */
  readonly failFast?: boolean;
  /**
   * Where to keep what was the same on both sides, a small file for each pair of folder and collection; `false`: nowhere.
   * Default: the platform's directory for the state of programs.
   */
  readonly stateDirectory?: string | false;
  /** More members than that on one side are refused. Default: 1,000,000. */
  readonly maxMembers?: number;
}

export interface SyncOptions extends FolderOptions {
  /** "up": the collection shall be like the local folder. "down": the other way round. */
  readonly direction: "up" | "down";
  /** Delete what the source has not. Default: no. */
  readonly delete?: boolean;
  /**
   * Let a document take the place of a collection, with all that is in it, and a collection that of a document. Default:
   * no, such a member fails.
   */
  readonly replace?: boolean;
  /** Replace and delete also what was changed at the destination since the last time. Default: no, such a change is a conflict. */
  readonly force?: boolean;
}

/** Beyond that the server leads us in circles, or no file system can follow. */
export const deepest = 100;

const mostTransfers = 64;

/** @throws {TypeError} `ERR_INVALID_ARG_VALUE` */
export function transfersAtATime({ concurrency = 4 }: FolderOptions): number {
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= mostTransfers) return concurrency;
  throw misuse("ERR_INVALID_ARG_VALUE", `concurrency must be from 1 to ${mostTransfers}`);
}
