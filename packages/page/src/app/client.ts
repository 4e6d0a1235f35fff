/** The WebDAV client. It is loaded once the page is painted. */
import type { DavClient } from "@meanwhile/client/browser";

export type { DavClient, Resource } from "@meanwhile/client/browser";

/** @param root the path of the tree's root */
export async function loadClient(root: string): Promise<DavClient> {
  const { createClient } = await import("@meanwhile/client/browser");
  return createClient(root);
}
