import type { DavClient } from "../dav/dav-client.ts";
import type { Patience } from "../http/send.ts";
import type { DocumentFacts } from "./folder-member.ts";
import { listRemote } from "./list-remote.ts";

/** A document that was put, of whose new state the server told nothing. */
export interface Untagged {
  readonly local: string;
  readonly href: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Asks once for each collection what the state of the documents is that were put into it. */
export async function learnTags(
  client: DavClient,
  untagged: readonly Untagged[],
  options: Patience & { readonly platform: NodeJS.Platform },
  tell: (document: Untagged, facts: DocumentFacts) => Promise<void>,
): Promise<void> {
  const collections = new Map<string, Untagged[]>();
  for (const document of untagged) {
    const collection = document.href.slice(0, document.href.lastIndexOf("/") + 1);
    const documents = collections.get(collection);
    if (documents === undefined) collections.set(collection, [document]);
    else documents.push(document);
  }
  for (const [collection, documents] of collections) {
    const byName = new Map(documents.map((document) => [lastName(document.local), document]));
    for await (const member of listRemote(client, new URL(collection), options)) {
      const document = byName.get(member.name);
      // Another length is another's content: what is known of it stays what we sent.
      if (document === undefined || member.kind !== "document" || member.size !== document.size) continue;
      const { size, modifiedMs, etag } = member;
      await tell(document, {
        size,
        ...(modifiedMs !== undefined && { modifiedMs }),
        ...(etag !== undefined && { etag }),
      });
    }
  }
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
