/** A folder over WebDAV, in a server of one's own. */
import type { Durability } from "@meanwhile/disk";
import type { DavHandlerOptions, NodeHandler } from "@meanwhile/server";
import { loadWithLmdb } from "./native-module.ts";
import { checkFolderOptions } from "./serve/check-folder-options.ts";

export { MissingBinaryError } from "./native-module.ts";

/** Those of `createDavHandler` of `@meanwhile/server`, without the store, which is the folder. */
export interface ServeFolderOptions
  extends Omit<DavHandlerOptions, "tree" | "locks" | "uploads" | "sessions" | "operations" | "page"> {
  /** The folder to serve; it must exist. */
  readonly folder: string;
  /**
   * A directory for properties, locks and long requests, outside the folder; made where it is missing, for this user
   * alone. It serves this folder only, in one process at a time.
   */
  readonly state: string;
  /**
   * Users for Basic authentication: an htpasswd file with bcrypt hashes, as of `meanwhile serve --users`, with rights in
   * the file with `.rights` at the end of its name. In place of `authenticate`, `logins` and `access`. Default: everyone is let in.
   */
  readonly users?: string;
  /** Changes nothing. Default: false. */
  readonly readOnly?: boolean;
  /** What a loss of power leaves of answered requests. Default: "full", everything. */
  readonly durability?: Durability;
  /** Whether browsers get a file manager for a folder; else a plain listing. Default: true. */
  readonly page?: boolean;
  /** Serves the folder although the state belongs to another one: it was restored, or replaced. Default: false. */
  readonly acceptNewRoot?: boolean;
  /** Changes of one principal that run or wait at once. Default: 100. */
  readonly maxOperations?: number;
  /** Told in one line what needs a person's attention. Default: `process.emitWarning`. */
  readonly warn?: (message: string) => void;
}

/**
 * Answers requests: give it to `createServer` of node:http, node:http2 or node:https, to the server's "checkContinue" so that refused
 * uploads are never sent, or to `app.use(path, handler)` of Express.
 */
export type FolderHandler = NodeHandler & {
  /**
   * Ends: call it after `server.close()`. Long requests get `drainMs` milliseconds (default: 30,000) to end; those that
   * run on are finished by the next process with this state. Resolves when all files are closed. May be called twice.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
};

/**
 * Serves a folder over WebDAV (RFC 4918 class 1, 2 and 3): opens it with its state, and takes up the long requests that
 * an earlier process left unfinished.
 *
 * @throws {TypeError} `ERR_INVALID_ARG_VALUE`, `ERR_STATE_IN_FOLDER`, `ERR_INVALID_BASE_URL`, `ERR_INVALID_OPERATIONS_PATH`
 * @throws {StateError} of `@meanwhile/state-lmdb`, where the folder or its state cannot be used: another process uses it, or it
 *   belongs to another folder
 * @throws {JournalError} of `@meanwhile/journal-lmdb`, where the record of long requests cannot be used
 * @throws {ReservedPathError} of `@meanwhile/server`, where a file stands where status documents are to be
 * @throws {MissingBinaryError} where LMDB has no binary for this platform
 */
export async function serveFolder(options: ServeFolderOptions): Promise<FolderHandler> {
  checkFolderOptions(options);
  const { openFolder, folderUsers } = await loadWithLmdb(loadServer);
  const { users: _, readOnly: __, warn = emitWarning, ...rest } = options;
  const folder = await openFolder({ ...rest, ...folderUsers(options, warn), warn });
  const handler: NodeHandler = (request, response, next) => folder.handler(request, response, next);
  return Object.assign(handler, {
    close: ({ drainMs = 30_000 }: { readonly drainMs?: number } = {}) => folder.close({ drainMs }),
  });
}

async function loadServer() {
  return { ...(await import("./serve/open-folder.ts")), ...(await import("./serve/folder-users.ts")) };
}

function emitWarning(message: string): void {
  process.emitWarning(message, "MeanwhileWarning");
}
