import { unreadStatus } from "@meanwhile/dav/xml";
import { ConnectionError } from "../../error/connection-error.ts";
import { HttpError } from "../../error/http-error.ts";
import { type MemberResult, MultistatusError } from "../../error/multistatus-error.ts";
import { isUnavailable, setbackOf } from "../../repeat/setback.ts";
import type { Patience } from "../../send/send.ts";
import { comparableSegments, depthBelow } from "../comparable-path.ts";
import type { ListOptions, Place } from "../dav-client.ts";
import { repeatedReading } from "../exchange.ts";
import { asCollection } from "../place.ts";
import {
  failureOf,
  type ReceivedFailure,
  receivedError,
  receivedResource,
} from "../properties/received-resource.ts";
import type { Resource } from "../properties/resource.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import { MemberResults } from "./member-results.ts";
import { type Found, propfind, withOthers } from "./propfind.ts";
import { malformed } from "./read-multistatus.ts";
import { Sequence } from "./sequence.ts";

/**
 * Members as they arrive (RFC 4918 §9.1), without the collection itself, and what is deeper than was asked. Where the
 * server names what is not below the collection, or is no URL, the listing is not whole: that may stand for a member.
 *
 * It ends without an error only where all was told. Of members that failed the others are given first.
 *
 * After a lost connection it is asked again, and goes on after the member that was told last, if the same ones come before it.
 *
 * Of Depth infinity, servers that refuse it, and servers that answer it as if it were 1, are walked: one request a
 * collection.
 *
 * @throws {MultistatusError} at its end, where something failed: with what
 * @throws {HttpError} where the collection itself did, and nothing was told
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
  const repeating = repeatedReading(context, given);
  const told = new Sequence();
  for (;;) {
    const found = await propfind(context, asked, depth, withOthers(others), repeating.patience);
    const again = new Sequence();
    const failures = new MemberResults();
    try {
      for await (const member of membersIn(context, found, depth, failures)) {
        again.add(member.url.href);
        if (again.length <= told.length) {
          if (again.length === told.length && !again.equals(told)) throw differs(found.url);
          continue;
        }
        repeating.news();
        told.add(member.url.href);
        yield member;
      }
      if (again.length < told.length) throw differs(found.url);
      failures.check({ method: "PROPFIND", url: found.url });
      return;
    } catch (error) {
      await repeating.after(setbackOf(error));
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
  failures: MemberResults,
): AsyncGenerator<Resource, void> {
  const asked = { method: "PROPFIND", url };
  const collection = asCollection(url);
  let own: ReceivedFailure | undefined;
  let isNamed = false;
  let elsewhere = false;
  let members = 0;
  let nameless = 0;
  const ancestors = new Ancestors(collection, depth);
  for await (const response of responses) {
    const failure = failureOf(response);
    if (failure !== undefined && response.hrefs.length === 0) failures.add({ url, ...failure });
    for (const href of response.hrefs) {
      if (href === "") {
        nameless += 1;
        continue;
      }
      // The collection with a query or a fragment (RFC 3986 §4.4), or a name with these characters: it cannot be told apart.
      if (/^[?#]/.test(href)) {
        elsewhere = true;
        continue;
      }
      const member = context.places.ofHref(href, collection);
      const below = member === undefined ? undefined : depthBelow(member, collection);
      if (member === undefined || below === undefined) {
        // One that the collection is in says nothing of its members.
        if (member === undefined || depthBelow(collection, member) === undefined) elsewhere = true;
      } else if (below === 0) {
        isNamed = true;
        if (failure === undefined) continue;
        own ??= failure;
        failures.add({ url, ...failure });
      } else {
        ancestors.imply(member, below);
        if (below > 1 && depth === "1") continue;
        members += 1;
        if (failure === undefined) {
          const resource = receivedResource(context.places, member, response);
          if (resource.collection) ancestors.tell(member);
          yield resource;
        } else {
          ancestors.tell(member);
          failures.add({ url: member, ...failure });
        }
      }
    }
  }
  // One may be the collection itself (RFC 3986 §4.4), which was not named otherwise.
  if (nameless > (isNamed ? 0 : 1)) elsewhere = true;
  isNamed ||= nameless > 0;
  for (const untold of ancestors.untold()) {
    failures.add({
      url: untold,
      status: unreadStatus,
      description: "the server listed its members, and not the folder itself",
    });
  }
  if (ancestors.more) elsewhere = true;
  if (members > 0) {
    // It may stand for a member, which would be taken for absent.
    if (elsewhere)
      failures.add({
        url,
        status: unreadStatus,
        description: "the server listed something that is not in the folder",
      });
    return;
  }
  if (own !== undefined) throw receivedError(asked, own);
  // An empty listing would be a lie.
  if (elsewhere) {
    throw malformed(asked, "all members that the answer names are elsewhere: does a proxy rewrite paths?");
  }
  if (!isNamed && failures.failed === 0) throw malformed(asked, "the answer tells of no resource");
}

/** Of what a listing tells, the collections that must be there, too: one that is not told is not absent. */
class Ancestors {
  readonly #above: number;
  readonly #direct: boolean;
  readonly #told = new Set<string>();
  readonly #implied = new Map<string, URL>();
  /** There were more than are kept. */
  more = false;

  constructor(collection: URL, depth: "1" | "infinity") {
    this.#above = comparableSegments(collection.pathname).length;
    this.#direct = depth === "1";
  }

  /** This collection, or something that failed, was told. */
  tell(url: URL): void {
    const key = keyOf(url);
    this.#told.add(key);
    this.#implied.delete(key);
  }

  /** What the listing was asked to tell of is above this. */
  imply(url: URL, below: number): void {
    if (below < 2) return;
    const segments = url.pathname.split("/").filter((segment) => segment !== "");
    const above = new URL(url);
    above.pathname = `/${segments.slice(0, this.#direct ? this.#above + 1 : -1).join("/")}/`;
    const key = keyOf(above);
    if (this.#told.has(key) || this.#implied.has(key)) return;
    if (this.#implied.size < mostImplied) this.#implied.set(key, above);
    else this.more = true;
  }

  untold(): Iterable<URL> {
    return this.#implied.values();
  }
}

function keyOf(url: URL): string {
  return comparableSegments(url.pathname).join("\0");
}

/** Of more, only that there are more is known. */
const mostImplied = 1_000;

async function* everything(top: URL, members: ListMembers): AsyncGenerator<Resource, void> {
  const collections: URL[] = [];
  const failures = new MemberResults();
  let deeper = false;
  let told = false;
  try {
    for await (const member of members(top, "infinity")) {
      told = true;
      if (!deeper) {
        const below = depthBelow(member.url, top) ?? 0;
        if (below > 1) {
          deeper = true;
          collections.length = 0;
        } else if (member.collection) collections.push(member.url);
      }
      yield member;
    }
  } catch (error) {
    if (error instanceof MultistatusError) for (const failed of error.members) failures.add(failed);
    else if (error instanceof HttpError && refusals.has(error.status)) collections.push(top);
    // Apache cuts the connection where a collection below cannot be opened.
    else if (error instanceof ConnectionError && error.code === "lost" && !told) collections.push(top);
    else throw error;
  }
  // Collections, and nothing in any of them: either they are empty, or the server did not look.
  yield* walk(collections, top, members, failures);
  failures.check({ method: "PROPFIND", url: top });
}

/** Collection by collection. Each is below the one that named it, so that there can be no loop. */
async function* walk(
  start: readonly URL[],
  top: URL,
  members: ListMembers,
  failures: MemberResults,
): AsyncGenerator<Resource, void> {
  const waiting = [...start];
  const visited = new Set<string>();
  for (let collection = waiting.pop(); collection !== undefined; collection = waiting.pop()) {
    const key = keyOf(collection);
    if (visited.has(key)) continue;
    visited.add(key);
    if ((depthBelow(collection, top) ?? 0) > deepest) {
      throw malformed({ method: "PROPFIND", url: collection }, "the tree is too deep");
    }
    try {
      for await (const member of members(collection, "1")) {
        if (member.collection) waiting.push(member.url);
        yield member;
      }
    } catch (error) {
      if (error instanceof MultistatusError) for (const failed of error.members) failures.add(failed);
      else if (collection !== top && isOfOneCollection(error)) failures.add(resultOf(error, collection));
      else throw error;
    }
  }
}

/** Others may be listed all the same. Who we are, and a server that is not ready, concern them too. */
function isOfOneCollection(error: unknown): error is HttpError {
  if (!(error instanceof HttpError)) return false;
  const { status } = error;
  return status !== 401 && status !== 407 && status !== 429 && !isUnavailable(status);
}

function resultOf({ status, condition, detail }: HttpError, url: URL): MemberResult {
  return {
    url,
    status,
    ...(condition === undefined ? {} : { condition }),
    ...(detail === undefined ? {} : { description: detail }),
  };
}

/** How servers say that they do not tell everything at once: 403 (RFC 4918 §9.1), and others that some give. */
const refusals: ReadonlySet<number> = new Set([400, 403, 405, 413, 416, 422, 500, 501, 504, 507]);
/** Collections within each other. */
const deepest = 512;
