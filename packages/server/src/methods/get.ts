/** GET and HEAD (RFC 9110 §9.3.1, §9.3.2; RFC 4918 §9.4). */
import { randomBytes } from "node:crypto";
import { DavError, type DeadProperty, encodePath, nameOf } from "@meanwhile/dav";
import { parseXml } from "@meanwhile/dav/xml";
import { checkPreconditions } from "../conditions/conditional.ts";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { contentTypeOf, isActiveContent } from "../content/content-type.ts";
import { multipartByteranges } from "../content/multipart-byteranges.ts";
import { contentRange, isRangeCurrent, type RangeSelection, selectRanges } from "../content/ranges.ts";
import type { ServerContext } from "../context.ts";
import { type Answer, type AnswerBody, type AnswerFields, empty } from "../http/answer.ts";
import { formatHttpDate } from "../http/http-date.ts";
import { listCollection } from "../listing/listing.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { ByteRange, DocumentResource, OpenDocument } from "../store.ts";
import { TreeError } from "../store.ts";

/**
 * Answers with a document or parts of it, or with a listing of a collection. HEAD opens what GET does, and so fails
 * where GET would, but "the server MUST NOT send content in the response" (RFC 9110 §9.3.2).
 *
 * @throws {DavError} 404; 412
 * @throws {TreeError}
 */
export async function get(request: DavRequest, context: ServerContext): Promise<Answer> {
  if (request.trailingSlash) {
    const resource = await context.tree.lookup(request.path);
    if (resource?.kind === "collection") return getCollection(request, context);
  }
  let document: OpenDocument;
  try {
    document = await context.tree.open(request.path);
  } catch (error) {
    if (error instanceof TreeError && error.code === "is-a-collection")
      return getCollection(request, context);
    throw error;
  }
  let answer: Answer | undefined;
  try {
    answer = await getDocument(request, context, document);
    return answer;
  } finally {
    if (answer?.body.kind !== "stream") document.close();
  }
}

async function getDocument(
  request: DavRequest,
  context: ServerContext,
  document: OpenDocument,
): Promise<Answer> {
  const { resource } = document;
  const { length } = resource;
  const result = checkPreconditions(request, resource, context.now());
  if (result.kind === "failed") throw preconditionFailed();
  if (result.kind === "not-modified")
    return empty(304, { ...result.fields, ...resourceFields(request, false) });
  const fields = documentFields(request, context, resource, await document.properties());
  if (request.method === "HEAD") return { status: 200, fields, body: unopened(length, document) };
  const { range: asked, ifRange } = request.fields;
  const selection =
    asked !== undefined && isRangeCurrent(ifRange, resource, context.now())
      ? selectRanges(asked, length)
      : wholeRange;
  switch (selection.kind) {
    case "whole":
      return { status: 200, fields, body: await contentOf(document, { start: 0, end: length }) };
    case "unsatisfiable":
      return empty(416, { "Content-Range": `bytes */${length}`, "Accept-Ranges": "bytes" });
    case "parts": {
      const [range, ...others] = selection.ranges;
      if (others.length === 0) {
        return {
          status: 206,
          fields: { ...fields, "Content-Range": contentRange(range, length) },
          body: await contentOf(document, range),
        };
      }
      const boundary = randomBytes(18).toString("hex");
      const { contentType, body } = multipartByteranges(
        document,
        selection.ranges,
        String(fields["Content-Type"]),
        boundary,
      );
      return { status: 206, fields: { ...fields, "Content-Type": contentType }, body };
    }
  }
}

function preconditionFailed(): DavError {
  return new DavError(412, "a precondition of the request does not hold");
}

/** What is said of a document with its content, or without it to HEAD. */
function documentFields(
  request: DavRequest,
  { trustHtml, now }: ServerContext,
  resource: DocumentResource,
  properties: readonly DeadProperty[],
): AnswerFields {
  const contentType = contentTypeOf(nameOf(request.path));
  const fields: Record<string, string> = {
    "Content-Type": contentType,
    ETag: resource.etag,
    "Last-Modified": formatHttpDate(lastModifiedMs(resource, now())),
    "Accept-Ranges": "bytes",
    ...resourceFields(request, false),
    "X-Content-Type-Options": "nosniff",
  };
  const language = properties.length === 0 ? undefined : contentLanguage(properties);
  if (language !== undefined) fields["Content-Language"] = language;
  // Foreign scripts must not run with the rights of the reader, unless the operator trusts all that is here.
  if (!trustHtml && isActiveContent(contentType)) fields["Content-Security-Policy"] = "sandbox";
  return fields;
}

async function getCollection(request: DavRequest, context: ServerContext): Promise<Answer> {
  const result = checkPreconditions(request, await context.tree.lookup(request.path), context.now());
  if (result.kind === "failed") throw preconditionFailed();
  const fields = resourceFields(request, true);
  if (result.kind === "not-modified") return empty(304, fields);
  return listCollection(request, context, fields);
}

/**
 * What is said of a resource also where its content is not sent. Content changes at any time, and is only for those who may
 * read it.
 *
 * A URL that lacks a collection's slash is served all the same, for WebDAV clients do not follow redirects: the
 * server "SHOULD return a Content-Location header" with the right one (RFC 4918 §5.2).
 */
function resourceFields(request: DavRequest, collection: boolean): AnswerFields {
  const cache = request.principal === undefined ? "no-cache" : "private, no-cache";
  return request.trailingSlash === collection
    ? { "Cache-Control": cache }
    : { "Cache-Control": cache, "Content-Location": request.prefix + encodePath(request.path, collection) };
}

const wholeRange: RangeSelection = { kind: "whole" };

/** Of what is read at once. */
const smallBytes = 64 * 1024;

async function contentOf(document: OpenDocument, range: ByteRange): Promise<AnswerBody> {
  const length = range.end - range.start;
  if (length <= smallBytes) return { kind: "bytes", bytes: await document.bytes(range) };
  return { kind: "stream", length, open: () => document.stream(range), close: () => document.close() };
}

/** The body of an answer to HEAD: its length, and nothing to read. */
function unopened(length: number, document: OpenDocument): AnswerBody {
  return {
    kind: "stream",
    length,
    open: () => {
      throw new TypeError("a response to HEAD has no content");
    },
    close: () => document.close(),
  };
}

/**
 * The value of `Content-Language`, which DAV:getcontentlanguage has when a client set it.
 * @returns undefined where none did, or what it set is no list of language tags (RFC 9110 §8.5)
 */
function contentLanguage(properties: readonly DeadProperty[]): string | undefined {
  for (const { name, xml } of properties) {
    if (name.namespace !== "DAV:" || name.local !== "getcontentlanguage") continue;
    const value = parseXml(xml).text.trim();
    return languageTags.test(value) ? value : undefined;
  }
  return undefined;
}

const languageTags =
  /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}(?:[ \t]*,[ \t]*[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}){0,16}$/;
