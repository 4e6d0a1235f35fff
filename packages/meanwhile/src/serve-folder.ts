/** A folder over WebDAV, in a server of one's own. */
import type { NodeHandler } from "@meanwhile/server";
import { loadWithLmdb } from "./native-module.ts";
import { checkFolderOptions } from "./serve/check-folder-options.ts";
import type { ServeFolderOptions } from "./serve/serve-folder-options.ts";

export { MissingBinaryError } from "./native-module.ts";
export type { ServeFolderOptions };

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
  const { readOnly: _, warn = emitWarning, ...rest } = options;
  const folder = await openFolder({ ...rest, users: folderUsers(options, warn), warn });
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
