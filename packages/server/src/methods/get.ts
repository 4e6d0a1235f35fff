/** GET and HEAD (RFC 9110 §9.3.1, §9.3.2; RFC 4918 §9.4). */
import { randomBytes } from "node:crypto";
import { DavError, type DeadProperty, encodePath, nameOf } from "@meanwhile/dav";
import { checkPreconditions } from "../conditions/conditional.ts";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { contentLanguage } from "../content/content-language.ts";
import { contentTypeOf, isActiveContent } from "../content/content-type.ts";
import { multipartByteranges } from "../content/multipart-byteranges.ts";
import { contentRange, isRangeCurrent, selectRanges } from "../content/ranges.ts";
import type { ServerContext } from "../context.ts";
import { type Answer, type AnswerBody, type AnswerFields, empty } from "../http/answer.ts";
import { formatHttpDate } from "../http/http-date.ts";
import { listCollection } from "../listing/listing.ts";
import type { DavRequest } from "../request/dav-request.ts";
import type { Awaitable, ByteRange, DocumentResource, OpenDocument } from "../store.ts";
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
  const conditional = evaluate(request, context, resource);
  if (conditional !== undefined) return conditional;
  const contentType = contentTypeOf(nameOf(request.path));
  const fields = documentFields(request, context, document, await document.properties());
  if (request.method === "HEAD") {
    return {
      status: 200,
      fields: { "Content-Type": contentType, ...fields },
      body: unopened(resource.length, document),
    };
  }
  const current = isRangeCurrent(singleField(request, "if-range"), resource, context.now());
  const selection = selectRanges(current ? request.headers.range : undefined, resource.length);
  switch (selection.kind) {
    case "whole":
      return {
        status: 200,
        fields: { "Content-Type": contentType, ...fields },
        body: await contentOf(document, { start: 0, end: resource.length }),
      };
    case "unsatisfiable":
      return empty(416, { "Content-Range": `bytes */${resource.length}`, "Accept-Ranges": "bytes" });
    case "parts": {
      const [range, ...others] = selection.ranges;
      if (others.length === 0) {
        return {
          status: 206,
          fields: {
            "Content-Type": contentType,
            ...fields,
            "Content-Range": contentRange(range, resource.length),
          },
          body: await contentOf(document, range),
        };
      }
      const boundary = randomBytes(18).toString("hex");
      const multipart = multipartByteranges(document, selection.ranges, contentType, boundary);
      return {
        status: 206,
        fields: { "Content-Type": multipart.contentType, ...fields },
        body: multipart.body,
      };
    }
  }
}

/** The final response of a request whose conditions do not hold; undefined where they do. */
function evaluate(
  request: DavRequest,
  context: ServerContext,
  resource: DocumentResource,
): Answer | undefined {
  const result = checkPreconditions(request, resource, context.now());
  switch (result.kind) {
    case "proceed":
      return undefined;
    case "failed":
      throw new DavError(412, "a precondition of the request does not hold");
    case "not-modified":
      return empty(304, { ...result.fields, ...cacheFields(request), ...locationFields(request, false) });
  }
}

function documentFields(
  request: DavRequest,
  context: ServerContext,
  { resource }: OpenDocument,
  properties: readonly DeadProperty[],
): AnswerFields {
  const language = contentLanguage(properties);
  return {
    ETag: resource.etag,
    "Last-Modified": formatHttpDate(lastModifiedMs(resource, context.now())),
    "Accept-Ranges": "bytes",
    ...cacheFields(request),
    ...locationFields(request, false),
    ...(language === undefined ? {} : { "Content-Language": language }),
    ...safetyFields(contentTypeOf(nameOf(request.path)), context),
  };
}

async function getCollection(request: DavRequest, context: ServerContext): Promise<Answer> {
  const result = checkPreconditions(request, await context.tree.lookup(request.path), context.now());
  if (result.kind === "failed") {
    throw new DavError(412, "a precondition of the request does not hold");
  }
  const fields = { ...cacheFields(request), ...locationFields(request, true) };
  if (result.kind === "not-modified") return empty(304, fields);
  return listCollection(request, context, fields);
}

/** Content changes at any time, and is only for those who may read it. */
function cacheFields(request: DavRequest): AnswerFields {
  return { "Cache-Control": request.principal === undefined ? "no-cache" : "private, no-cache" };
}

/**
 * A URL that lacks a collection's slash is served all the same, for WebDAV clients do not follow redirects: the
 * server "SHOULD return a Content-Location header" with the right one (RFC 4918 §5.2).
 */
function locationFields(request: DavRequest, collection: boolean): AnswerFields {
  if (request.trailingSlash === collection) return {};
  return { "Content-Location": request.prefix + encodePath(request.path, collection) };
}

/** Foreign scripts must not run with the rights of the reader, unless the operator trusts all that is here. */
function safetyFields(contentType: string, { trustHtml }: ServerContext): AnswerFields {
  const fields = { "X-Content-Type-Options": "nosniff" };
  return isActiveContent(contentType) && !trustHtml
    ? { ...fields, "Content-Security-Policy": "sandbox" }
    : fields;
}

/** Of what is read at once. */
const smallBytes = 64 * 1024;

function contentOf(document: OpenDocument, range: ByteRange): Awaitable<AnswerBody> {
  const length = range.end - range.start;
  if (length <= smallBytes) {
    const bytes = document.bytes(range);
    return bytes instanceof Promise ? bytes.then(bytesBody) : bytesBody(bytes);
  }
  return { kind: "stream", length, open: () => document.stream(range), close: () => document.close() };
}

function bytesBody(bytes: Uint8Array): AnswerBody {
  return { kind: "bytes", bytes };
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

function singleField(request: DavRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
