/** Servers say in many ways why they made nothing at a URL: a look at what is there tells more than the status. */
import type { DavClient, Patience } from "@meanwhile/client";
import { CommandError } from "../../command-error.ts";
import { kindAt, whyNoFolder } from "../look-at.ts";
import { parentUrl, shownPath, withoutSlash } from "../remote-url.ts";

/** These say enough by themselves. */
const clear: ReadonlySet<number> = new Set([401, 407, 411, 412, 413, 423, 429, 502, 503, 507]);

/**
 * What to tell of a PUT, COPY, MOVE or MKCOL that failed. Looks only then, and sends nothing again.
 *
 * @param url what was to be there
 * @returns an error that names the folder that is missing, or is a file; else the error itself
 */
export async function betterReason(
  error: unknown,
  client: DavClient,
  url: URL,
  patience: Patience,
): Promise<unknown> {
  const folder = parentUrl(url);
  // The top of a server is there, and cannot be made, also where WebDAV begins further down.
  if (folder.pathname === "/" || !(await maySayMore(error))) return error;
  const why = await whyNoFolder(client, folder, patience).catch(() => undefined);
  return why === undefined ? error : new CommandError(8, why, { cause: error });
}

/** The same for MKCOL, which fails, too, where something is there already (RFC 4918 §9.3.1). */
export async function betterMkdirReason(
  error: unknown,
  client: DavClient,
  url: URL,
  patience: Patience,
): Promise<unknown> {
  const { HttpError } = await import("@meanwhile/client");
  if (!(await maySayMore(error))) return error;
  const kind = await kindAt(client, url, patience).catch(() => undefined);
  if (kind === "folder" || kind === "file") {
    const place = shownPath(kind === "folder" ? url : withoutSlash(url));
    return new CommandError(8, `${place} is a ${kind} already`, { cause: error });
  }
  const better = await betterReason(error, client, url, patience);
  const isRefused = better === error && kind === "nothing" && error instanceof HttpError;
  if (!isRefused || error.status !== 405) return better;
  const message = `${shownPath(url)}: there is nothing, and the server makes no folder there (405)`;
  return new CommandError(8, message, { cause: error });
}

/** Also a part of a COPY's 207 may be the destination. */
async function maySayMore(error: unknown): Promise<boolean> {
  const { HttpError, MultistatusError } = await import("@meanwhile/client");
  if (error instanceof MultistatusError) return !error.failed.some(({ status }) => clear.has(status));
  return error instanceof HttpError && !clear.has(error.status);
}
