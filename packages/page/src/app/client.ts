/** The WebDAV client. It is loaded once the page is painted. */
import type { DavClient } from "@meanwhile/client/browser";

export type { DavClient, Resource } from "@meanwhile/client/browser";

/** @param root the path of the tree's root @param network `fetch`, or what stands in for it */
export async function loadClient(
  root: string,
  network: (request: Request) => Promise<Response>,
): Promise<DavClient> {
  const { createClient } = await import("@meanwhile/client/browser");
  return createClient(root, { fetch: network });
}
