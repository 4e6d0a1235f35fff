import type { ConnectionError } from "../error/connection-error.ts";
import { HttpError } from "../error/http-error.ts";
import type { Patience } from "../http/send.ts";
import { comparableSegments, depthBelow } from "./comparable-path.ts";
import type { ListOptions, Place } from "./dav-client.ts";
import { Losses } from "./losses.ts";
import { asCollection } from "./place.ts";
import { type Found, propfind, withOthers } from "./propfind.ts";
import { malformed } from "./read-multistatus.ts";
import { receivedResource } from "./received-resource.ts";
import type { Resource } from "./resource.ts";
import { Sequence } from "./sequence.ts";
import { patienceOf, type VerbContext } from "./verb-context.ts";

/**
 * Members as they arrive (RFC 4918 §9.1), without the collection itself. What the server names that is not below the
 * collection, or deeper than was asked, is left out.
 *
 * After a lost connection it is asked again, and goes on after the member that was told last, if the same ones come before it.
 *
 * Of Depth infinity, servers that refuse it, and servers that answer it as if it were 1, are walked: one request a
 * collection.
 */
export function list(context: VerbContext, place: Place, options: ListOptions = {}): AsyncIterable<Resource> {
  const url = context.places.url(place);
  const patience = patienceOf(context, options);
  const members: ListMembers = (collection, depth) =>
    membersOf(context, collection, depth, options.properties, patience);
  return options.depth === "infinity" ? everything(url, members) : members(url, "1");
}

type ListMembers = (collection: URL, depth: "1" | "infinity") => AsyncGenerator<Resource, void>;

async function* membersOf(
  context: VerbContext,
  asked: URL,
  depth: "1" | "infinity",
  others: ListOptions["properties"],
  given: Patience,
): AsyncGenerator<Resource, void> {
  const losses = new Losses(context, given);
  const told = new Sequence();
  for (;;) {
    const found = await propfind(context, asked, depth, withOthers(others), losses.patience);
    const again = new Sequence();
    try {
      for await (const member of membersIn(context, found, depth)) {
        again.add(member.url.href);
        if (again.length <= told.length) {
          if (again.length === told.length && !again.equals(told)) throw differs(found.url);
          continue;
        }
        losses.news();
        told.add(member.url.href);
        yield member;
      }
      if (again.length < told.length) throw differs(found.url);
      return;
    } catch (error) {
      await losses.after(error);
    }
  }
}

/** What was told already may not be so any longer. */
function differs(url: URL): ConnectionError {
  return malformed({ method: "PROPFIND", url }, "the connection was lost, and the listing has changed since");
}

async function* membersIn(
  context: VerbContext,
  { url, responses }: Found,
  depth: "1" | "infinity",
): AsyncGenerator<Resource, void> {
  const collection = asCollection(url);
  let named = 0;
  let within = 0;
  for await (const response of responses) {
    for (const href of response.hrefs) {
      named += 1;
      const member = context.places.ofHref(href, collection);
      const below = member === undefined ? undefined : depthBelow(member, collection);
      if (member === undefined || below === undefined) continue;
      within += 1;
      if (below === 0 || (below > 1 && depth === "1")) continue;
      yield receivedResource(context.places, member, response);
    }
  }
  // An empty listing would be a lie.
  if (named > 0 && within === 0) {
    throw malformed(
      { method: "PROPFIND", url },
      "all that the answer names is elsewhere: does a proxy rewrite paths?",
    );
  }
}

async function* everything(top: URL, members: ListMembers): AsyncGenerator<Resource, void> {
  const collections: URL[] = [];
  let deeper = false;
  try {
    for await (const member of members(top, "infinity")) {
      if (!deeper) {
        const below = depthBelow(member.url, top) ?? 0;
        if (below > 1) {
          deeper = true;
          collections.length = 0;
        } else if (member.collection && member.status === undefined) collections.push(member.url);
      }
      yield member;
    }
  } catch (error) {
    if (!(error instanceof HttpError && refusals.has(error.status))) throw error;
    yield* walk([top], top, members);
    return;
  }
  // Collections, and nothing in any of them: either they are empty, or the server did not look.
  yield* walk(collections, top, members);
}

/** Collection by collection. Each is below the one that named it, so that there can be no loop. */
async function* walk(start: readonly URL[], top: URL, members: ListMembers): AsyncGenerator<Resource, void> {
  const waiting = [...start];
  const visited = new Set<string>();
  for (let collection = waiting.pop(); collection !== undefined; collection = waiting.pop()) {
    const key = comparableSegments(collection.pathname).join("\0");
    if (visited.has(key)) continue;
    visited.add(key);
    if ((depthBelow(collection, top) ?? 0) > deepest) {
      throw malformed({ method: "PROPFIND", url: collection }, "the tree is too deep");
    }
    for await (const member of members(collection, "1")) {
      if (member.collection && member.status === undefined) waiting.push(member.url);
      yield member;
    }
  }
}

/** How servers say that they do not tell everything at once: 403 (RFC 4918 §9.1), and others that some give. */
const refusals: ReadonlySet<number> = new Set([400, 403, 405, 413, 416, 422, 500, 501, 504, 507]);
/** Collections within each other. */
const deepest = 512;
