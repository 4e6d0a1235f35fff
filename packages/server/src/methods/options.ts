/** OPTIONS (RFC 9110 §9.3.7, RFC 4918 §10.1, §18). */
import type { ServerContext } from "../context.ts";
import { allMethods, allowedMethods } from "../http/allow.ts";
import { type Answer, type AnswerFields, empty } from "../http/answer.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { interopFields, limitField } from "../uploads/upload-request.ts";

/**
 * Says what the server can do, and what the resource allows.
 *
 * Windows asks this without credentials, of every ancestor of a share, and goes away where it gets a 401. So the
 * server answers anybody, but tells an unknown principal nothing about any resource: the same is said of what is
 * there and of what is not.
 *
 * @param options whether `Allow` may tell what is there; by default only to a known principal. A server that asks
 *   nobody for credentials may set it.
 */
export async function options(
  request: DavRequest,
  context: ServerContext,
  { reveal = request.principal !== undefined }: { readonly reveal?: boolean } = {},
): Promise<Answer> {
  const { principal, path } = request;
  if (!reveal || !context.access.may(principal, "read", path)) return serverOptions();
  const resource = await context.tree.lookup(path);
  const writable = context.access.may(principal, "write", path);
  const methods = allowedMethods(resource, writable);
  const { keptUploads } = context;
  // A collection takes forms by POST, and uploads; what is not there, and a document, takes uploads by PUT.
  const posts = resource?.kind === "collection" && writable ? ["POST"] : [];
  const allowed = { ...capabilities, Allow: [...methods, ...posts].join(", ") };
  if (keptUploads === undefined || !writable) return empty(200, allowed);
  return empty(200, {
    ...allowed,
    ...interopFields,
    "Upload-Limit": limitField(context, keptUploads.seconds),
  });
}

/**
 * Says in `DAV` (RFC 4918 §10.1, as a Coded-URL) that the server does what docs/reference/status-documents.md promises: status
 * documents, their outcomes and lists; `Prefer: processing` and `respond-async`; Idempotency-Key.
 */
const operationsClass = "urn:meanwhile:operations:1";

/** What is said of the server as a whole: `OPTIONS *` (RFC 9110 §9.3.7). */
export function serverOptions(): Answer {
  return empty(200, { ...capabilities, Allow: allMethods.join(", ") });
}

const capabilities: AnswerFields = {
  /** "3": RFC 4918 rather than RFC 2518 (§18.3); extended-mkcol: RFC 5689 §3.1. */
  DAV: `1, 2, 3, extended-mkcol, <${operationsClass}>`,
  /** Without it Office opens documents read-only. */
  "MS-Author-Via": "DAV",
  "Accept-Ranges": "bytes",
};
