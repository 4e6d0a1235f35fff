import { ConnectionError, HttpError } from "@meanwhile/client";
import { errorCode } from "../local/list-local.ts";

const noServer: ReadonlySet<string> = new Set(["name-unknown", "refused", "tls", "proxy"]);
/** No room or no way to write: the next one would fare the same. */
const noFileSystem: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "EIO"]);

/**
 * Whether a failure would be that of every other member too: trying on would only take time, and wrong credentials that
 * are sent again and again may close an account.
 */
export function stopsAll(error: unknown): boolean {
  if (error instanceof ConnectionError) return noServer.has(error.code);
  if (error instanceof HttpError) return error.status === 401 || error.status === 407;
  return noFileSystem.has(errorCode(error) ?? "");
}

/** Whether it may well be the server's or the network's trouble, not this member's. */
export function isTrouble(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof HttpError && error.status >= 500);
}
