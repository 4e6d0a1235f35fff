import { type DavClient, HttpError, type Patience } from "@meanwhile/client";
import type { DocumentFacts } from "../plan/folder-member.ts";
import { factsOf } from "./list-remote.ts";

/** What is at a URL now. */
export type RemoteState =
  | { readonly kind: "nothing" }
  | { readonly kind: "collection" }
  | { readonly kind: "document"; readonly facts: DocumentFacts };

/** Looks what is there. */
export async function lookAtRemote(client: DavClient, url: URL, patience: Patience): Promise<RemoteState> {
  try {
    const resource = await client.stat(url, patience);
    if (resource.collection) return { kind: "collection" };
    return { kind: "document", facts: factsOf(resource) };
  } catch (error) {
    if (isGone(error)) return { kind: "nothing" };
    throw error;
  }
}

/** Whether a failure says that nothing is there. */
export function isGone(error: unknown): boolean {
  return error instanceof HttpError && (error.status === 404 || error.status === 410);
}
