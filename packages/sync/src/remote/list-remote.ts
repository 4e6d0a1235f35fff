import {
  type DavClient,
  type MemberResult,
  MultistatusError,
  type Patience,
  propertyNamed,
  type Resource,
} from "@meanwhile/client";
import { encodeName } from "@meanwhile/dav";
import { davName, unreadStatus } from "@meanwhile/dav/xml";
import { MemberError } from "../folders/folder-work.ts";
import type { DocumentFacts, FolderMember } from "../plan/folder-member.ts";
import { type LastSegment, localNameRefusal, memberSegment } from "./member-name.ts";

/**
 * The members of a collection. What the server names is judged here, once: whatever is no single name that this
 * machine can have comes out as "other", and so does a member that the server only tells a failure of.
 *
 * @throws {MultistatusError} at its end, where the collection itself failed, and others may be missing
 */
export async function* listRemote(
  client: DavClient,
  collection: URL,
  options: Patience & { readonly platform: NodeJS.Platform },
): AsyncGenerator<FolderMember> {
  const { platform, ...patience } = options;
  try {
    for await (const resource of client.list(collection, { ...patience, depth: "1" })) {
      yield memberOf(collection, resource, platform);
    }
  } catch (error) {
    if (!(error instanceof MultistatusError)) throw error;
    let whole = true;
    for (const failed of error.failed) {
      const segment = memberSegment(collection, failed.url);
      if (segment === undefined) whole = false;
      else yield unlisted(segment, failed);
    }
    if (!whole) throw error;
  }
}

function unlisted({ encoded, name }: LastSegment, { status, description }: MemberResult): FolderMember {
  // What the client found says more than the status that stands for it.
  const said = description === undefined ? [] : [description];
  const why = (status === unreadStatus && said.length > 0 ? said : [status, ...said]).join(": ");
  const problem = new MemberError("not-listed", `the server does not tell what it is (${why})`);
  return { kind: "other", name: name ?? shown(encoded), problem };
}

function memberOf(collection: URL, resource: Resource, platform: NodeJS.Platform): FolderMember {
  const segment = memberSegment(collection, resource.url);
  if (segment === undefined) {
    const problem = new MemberError("outside", "the server listed something that is not in the folder");
    return { kind: "other", name: shown(resource.url.href), problem };
  }
  const { encoded, name } = segment;
  const refusal = name === undefined ? "it is not UTF-8" : localNameRefusal(name, platform);
  if (name === undefined || refusal !== undefined) {
    const problem = new MemberError("name-refused", `its name is refused: ${refusal}`);
    return { kind: "other", name: shown(encoded), problem };
  }
  const named = { name, ...(encoded !== encodeName(name) && { encoded }) };
  return resource.collection
    ? { kind: "collection", ...named }
    : { kind: "document", ...named, ...factsOf(resource), ...(!isTyped(resource) && { untyped: true }) };
}

function isTyped(resource: Resource): boolean {
  return propertyNamed(resource, davName("resourcetype"))?.status === 200;
}

/** What the server tells of a document, its content aside. */
export function factsOf(resource: Pick<Resource, "length" | "modified" | "etag">): DocumentFacts {
  const modifiedMs = resource.modified?.getTime();
  return {
    ...(resource.length !== undefined && { size: resource.length }),
    ...(modifiedMs !== undefined && Number.isFinite(modifiedMs) && { modifiedMs }),
    ...(resource.etag !== undefined && { etag: resource.etag }),
  };
}

const longestShown = 300;

/** Percent-encoded, it is no name that anything here could have, and nothing that harms a terminal. */
function shown(encoded: string): string {
  return encoded.slice(0, longestShown);
}
