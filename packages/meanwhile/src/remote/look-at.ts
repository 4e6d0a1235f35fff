/** What is at a URL, before a command changes anything there. */
import type { DavClient, HttpError, Patience } from "@meanwhile/client";
import { shownPath, withoutSlash } from "./remote-url.ts";

export type Found =
  | { readonly kind: "nothing"; readonly cause: HttpError }
  | { readonly kind: "file" | "folder" }
  /** Something is there, and the server does not tell what. */
  | { readonly kind: "something" }
  /** The server does not tell whether anything is there. */
  | { readonly kind: "untold" };

/**
 * Asks with PROPFIND, and with HEAD where the server does not answer that. Only 404 and 410 mean that nothing is there.
 *
 * @throws what the client throws for every other failure
 */
export async function lookAt(client: DavClient, url: URL, patience: Patience): Promise<Found> {
  const { HttpError, propertyNamed } = await import("@meanwhile/client");
  try {
    const resource = await client.stat(url, patience);
    // Without its type, a resource only looks like a file (RFC 4918 §15.9).
    if (propertyNamed(resource, resourceType)?.status !== 200) return { kind: "something" };
    return { kind: resource.collection ? "folder" : "file" };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (isAbsent(error.status)) return { kind: "nothing", cause: error };
    if (error.status >= 300 && !withoutPropfind.has(error.status)) throw error;
  }
  const response = await client.request(url, { ...patience, method: "HEAD" });
  await response.body?.cancel();
  const { status, headers } = response;
  if (isAbsent(status))
    return { kind: "nothing", cause: new HttpError({ method: "HEAD", url, status, headers }) };
  if (status === 401) throw new HttpError({ method: "HEAD", url, status, headers });
  const location = headers.get("location");
  const target = location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (status >= 300 && status < 400 && target?.pathname === `${url.pathname}/`) return { kind: "folder" };
  return { kind: status < 400 ? "something" : "untold" };
}

/**
 * Why nothing can be put into a folder, or made in it.
 *
 * @returns a sentence; undefined where it is a folder, or the server does not tell
 */
export async function whyNoFolder(
  client: DavClient,
  folder: URL,
  patience: Patience,
): Promise<string | undefined> {
  const kind = await kindAt(client, folder, patience);
  if (kind === "nothing")
    return `${shownPath(folder)}: there is no such folder; make it with \`meanwhile mkdir -p\``;
  return kind === "file"
    ? `${shownPath(withoutSlash(folder))} is a file, so nothing can be put into it`
    : undefined;
}

/** What is at a URL, with a slash at its end or without: some servers find no file, or an error, under a URL that ends in one. */
export async function kindAt(client: DavClient, url: URL, patience: Patience): Promise<Found["kind"]> {
  const { kind } = await lookAt(client, url, patience);
  if (kind === "file" || kind === "folder" || !url.pathname.endsWith("/") || url.pathname === "/")
    return kind;
  const bare = await lookAt(client, withoutSlash(url), patience);
  return bare.kind === "file" || bare.kind === "folder" ? bare.kind : kind;
}

/** Whether a URL ends in a slash, and is that of a file without it. Some servers find nothing there, or an error. */
export async function isFileWithSlash(client: DavClient, url: URL, patience: Patience): Promise<boolean> {
  if (!url.pathname.endsWith("/") || /^\/+$/.test(url.pathname)) return false;
  return (await lookAt(client, withoutSlash(url), patience)).kind === "file";
}

/** How long a look at what is there after the work may take: what was done is not kept waiting for it. */
export function afterwards(signal: AbortSignal): Patience {
  return { signal, timeoutMs: 60_000 };
}

const resourceType = { namespace: "DAV:", local: "resourcetype" } as const;

/** Whether a status says that nothing is there. */
export function isAbsent(status: number): boolean {
  return status === 404 || status === 410;
}

/** How servers say that they have no PROPFIND, or none for this client. */
const withoutPropfind: ReadonlySet<number> = new Set([400, 403, 405, 409, 415, 501]);
