/** What the head of every request must be, whatever its method (RFC 9112 §3.2, §6.1). */
import { badRequest, DavError } from "@meanwhile/dav";
import type { AnyRequest } from "@meanwhile/interim";

/**
 * "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header
 * field and to any request message that contains more than one Host header field line or a Host header field with an
 * invalid field value" (RFC 9112 §3.2). Node sees to the first.
 *
 * @throws {DavError} 400 for a malformed Host or framing that is in doubt; 501 for a transfer coding not known here
 */
export function requireSoundHead({ rawHeaders, headers, httpVersion }: AnyRequest): void {
  const { host, "transfer-encoding": codings } = headers;
  let lines = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") lines += 1;
  }
  if (lines > 1 || (host !== undefined && !/^[^\s/?#@\\]*$/.test(host)))
    throw badRequest("Host is malformed");
  if (codings !== undefined) requireKnownCodings(codings, httpVersion);
}

/**
 * Node takes off the chunked coding, which must be the last one; what other codings did to the content would be stored
 * as it is. "A server that receives a request message with a transfer coding it does not understand SHOULD respond with
 * 501 (Not Implemented)" (RFC 9112 §6.1).
 *
 * "identity" is a coding no longer (§12.4), chunked is applied once, and HTTP/1.0 has no codings: there, and only there,
 * another recipient may see another end of the message, so that the connection ends with the response.
 */
function requireKnownCodings(value: string, httpVersion: string): void {
  const codings = value.split(",").map((coding) => coding.trim().toLowerCase());
  const [last, ...before] = codings.toReversed();
  if (
    last !== "chunked" ||
    before.includes("chunked") ||
    before.includes("identity") ||
    httpVersion === "1.0"
  )
    throw new DavError(400, "Transfer-Encoding leaves the length of the content in doubt", {
      fields: { Connection: "close" },
    });
  if (before.length > 0) {
    throw new DavError(501, "the only transfer coding that is understood here is chunked", {
      fields: { Connection: "close" },
    });
  }
}
