/** How servers say that they keep answers, so that a request that is sent again with its key is not carried out again. */

/** RFC 4918 §9, RFC 9110 §9.3: what a WebDAV server speaks of where it says so in `DAV`. */
const davMethods: ReadonlySet<string> = new Set([
  "PUT",
  "DELETE",
  "MKCOL",
  "COPY",
  "MOVE",
  "PROPPATCH",
  "LOCK",
  "UNLOCK",
]);

/** The DAV class of servers that keep answers. */
const keepingClass = "<urn:meanwhile:operations:1>";

/** Whether a response says that its server has operations, of whatever requests. */
export function hasOperations(headers: Headers): boolean {
  return saysOperations(headers) || davClasses(headers).includes(keepingClass);
}

/**
 * Whether a response to a request of that method, or to OPTIONS of its URL, says that the answer is kept: by the field of
 * the middleware, if the `Allow` beside it has the method; or by the class of our WebDAV server (RFC 4918 §10.1), which
 * speaks of WebDAV's methods. `Allow` says nothing there: what was deleted cannot be deleted any more.
 */
export function keepsAnswerTo(method: string, headers: Headers): boolean {
  const allow = headers.get("allow");
  if (saysOperations(headers)) return allow === null || list(allow).includes(method);
  return davMethods.has(method) && davClasses(headers).includes(keepingClass);
}

/** The classes and extensions of the `DAV` field (RFC 4918 §10.1). */
export function davClasses(headers: Headers): readonly string[] {
  return list(headers.get("dav"));
}

function saysOperations(headers: Headers): boolean {
  return headers.get("operations")?.trim() === "1";
}

function list(value: string | null): readonly string[] {
  return (value ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
