/** What people see of a collection in a browser. RFC 4918 §9.4 leaves it open what GET answers for one. */
import { encodeName } from "@meanwhile/dav";
import type { ServerContext } from "../context.ts";
import type { Answer, AnswerFields } from "../http/answer.ts";
import { listingContentType } from "../properties/live-properties.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { kindOf, type Member } from "../store.ts";
import {
  documentHead,
  documentTail,
  listingEnd,
  listingForms,
  listingRow,
  listingStart,
  listingTitle,
} from "./listing-page.ts";
import { policyWith } from "./listing-style.ts";
import { type OpenLevel, openLevel } from "./member-walk.ts";
import { pageDocument } from "./page-document.ts";
import { shownMembers } from "./shown-members.ts";

/** A collection with more members is shown in the order that its tree has, and says so. */
export const sortedMembers: number = 5000;

/**
 * An HTML page with the members of a collection, made while it is sent. HEAD opens the collection too, and so fails where GET would.
 *
 * @param fields those that every answer for the resource has
 * @throws {TreeError} where the collection cannot be read
 */
export async function listCollection(
  request: DavRequest,
  context: ServerContext,
  fields: AnswerFields,
): Promise<Answer> {
  const members = await openLevel(context.tree, request.path, {
    properties: false,
    signal: request.exchange.closed,
  });
  const { page } = context;
  const mayChange = context.access.may(request.principal, "write", request.path);
  const frame =
    page === undefined
      ? {
          start: documentHead(listingTitle(request)),
          end: documentTail,
          policy: policyWith({ forms: mayChange ? "'self'" : "'none'" }),
        }
      : pageDocument(request, listingTitle(request), page);
  return {
    status: 200,
    fields: {
      "Content-Type": listingContentType,
      ...fields,
      "Content-Security-Policy": frame.policy,
      ...(page === undefined ? {} : { "Cross-Origin-Opener-Policy": "same-origin" }),
      "Referrer-Policy": "same-origin",
      "X-Content-Type-Options": "nosniff",
    },
    body: {
      kind: "stream",
      length: undefined,
      open: () => listing(request, context, members, { mayChange, ...frame }),
      close: () => {
        // Whoever closes is not told what went wrong: the page has been sent, or nobody wants it any more.
        members.close().catch(() => undefined);
      },
    },
  };
}

const chunkLength = 32 * 1024;

async function* listing(
  request: DavRequest,
  context: ServerContext,
  members: OpenLevel,
  frame: { readonly start: string; readonly end: string; readonly mayChange: boolean },
): AsyncGenerator<string, void, void> {
  let text = frame.start;
  const isShown = shownMembers(context, request)(request.path);
  const nowMs = context.now();
  const linkBase = linkBaseOf(request);
  const first = await upTo(members, sortedMembers);
  const isSorted = first.length < sortedMembers;
  text += listingStart(
    request,
    isSorted ? "sorted" : "unsorted",
    frame.mayChange ? listingForms(linkBase) : "",
  );
  let shown = 0;
  for (
    let batch: readonly Member[] = isSorted ? first.toSorted(byKindAndName) : first;
    batch.length > 0;
    batch = await upTo(members, chunkMembers)
  ) {
    for (const member of batch) {
      if (!isShown(member.name)) continue;
      shown += 1;
      text += listingRow(member, linkBase, nowMs);
      if (text.length < chunkLength) continue;
      yield text;
      text = "";
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  yield text + listingEnd(shown) + frame.end;
}

const chunkMembers = 256;

/** At most that many of the members that follow; none at the end. */
async function upTo(members: OpenLevel, limit: number): Promise<readonly Member[]> {
  const taken: Member[] = [];
  while (taken.length < limit) {
    const member = members.take();
    if (member !== undefined) taken.push(member);
    else if (!(await members.more())) break;
  }
  return taken;
}

const collator = new Intl.Collator("en", { numeric: true });

function byKindAndName(a: Member, b: Member): number {
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (kind !== other) return kind === "collection" ? -1 : 1;
  return collator.compare(a.name, b.name);
}

/** What links to members begin with: the page's URL may lack the collection's slash, or the collection a name. */
function linkBaseOf(request: DavRequest): string {
  if (request.trailingSlash) return "./";
  const ownName =
    request.path === "/" ? request.prefix.slice(request.prefix.lastIndexOf("/") + 1) : undefined;
  return `./${ownName ?? encodeName(request.path.slice(request.path.lastIndexOf("/") + 1))}/`;
}
