/** A request's content, read late: 100 Continue is sent only when somebody wants it (RFC 9110 §10.1.1). */
import type { IncomingHttpHeaders } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { badRequest, DavError } from "@meanwhile/dav";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import type { RequestContent } from "./dav-request.ts";

/** The content of a request, read when it is first asked for; 100 Continue is sent then. */
export function requestContent(request: AnyRequest, response: AnyResponse): RequestContent {
  const length = declaredLength(request);

  async function* stream(): AsyncGenerator<Uint8Array> {
    requireNoCoding(request.headers);
    sendContinue(request, response);
    let received = 0;
    try {
      // Whoever stops half-way leaves the request as it is: its rest is to be passed over, not the connection broken.
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        received += chunk.length;
        yield chunk;
      }
    } catch (cause) {
      throw brokenOff(cause);
    }
    // HTTP/2 ends an aborted stream without an error.
    if (request.aborted || (length !== undefined && received !== length)) throw brokenOff(undefined);
  }

  return { length, stream, text: (limit) => readText({ length, stream }, limit) };
}

/** All of a content, as {@link RequestContent.text} gives it. */
export async function readText(
  { length, stream }: Pick<RequestContent, "length" | "stream">,
  limit: number,
): Promise<string> {
  if (length === 0) return "";
  if (length !== undefined && length > limit) throw tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream()) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

/**
 * Content is stored and read as it is, without a content coding.
 * @throws {DavError} 415 with the codings that are taken: none (RFC 9110 §8.4, §15.5.16)
 */
export function requireNoCoding(headers: IncomingHttpHeaders): void {
  const coding = headers["content-encoding"];
  if (coding === undefined || coding.trim().toLowerCase() === "identity") return;
  throw new DavError(415, "content must come without a content coding", {
    fields: { "Accept-Encoding": "identity" },
  });
}

/**
 * Receives a request whose method defines no content, to its end.
 *
 * "In cases where a request body is present but would be ignored by a server, the server MUST reject the request with
 * 415 (Unsupported Media Type)" (RFC 4918 §8.4).
 * @throws {DavError} 415
 */
export async function refuseContent({ length, stream }: RequestContent): Promise<void> {
  if (length === 0) return;
  if (length !== undefined) throw unexpected();
  for await (const chunk of stream()) if (chunk.length > 0) throw unexpected();
}

function declaredLength(request: AnyRequest): number | undefined {
  const { headers } = request;
  if (headers["transfer-encoding"] !== undefined) return undefined;
  const declared = headers["content-length"];
  if (declared !== undefined) return Number(declared);
  // An HTTP/2 stream says by END_STREAM on its header section that there is no content (RFC 9113 §8.1).
  if ("stream" in request && request.httpVersionMajor === 2)
    return request.stream.endAfterHeaders ? 0 : undefined;
  return 0;
}

function sendContinue(request: AnyRequest, response: AnyResponse): void {
  if (request.headers.expect?.toLowerCase() !== "100-continue" || response.headersSent) return;
  // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that expectation."
  if (request.httpVersion === "1.0") return;
  // Node has sent it already where nobody listened for "checkContinue".
  if ("stream" in request ? sent100Http2(request.stream) : sent100(response)) return;
  response.writeContinue();
}

/** Other interim responses may have come before it. */
function sent100Http2({ sentInfoHeaders = [] }: Pick<ServerHttp2Stream, "sentInfoHeaders">): boolean {
  return sentInfoHeaders.some((fields) => fields[":status"] === 100);
}

function sent100(response: AnyResponse & { readonly _sent100?: boolean }): boolean {
  return response._sent100 === true;
}

function decode(bytes: Buffer): string {
  // XML 1.0 §4.3.3: a byte order mark tells UTF-16; everything else is read as UTF-8.
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badRequest(`the content is not valid ${encoding}`, cause);
  }
}

function brokenOff(cause: unknown): DavError {
  return cause instanceof DavError ? cause : badRequest("the content was broken off", cause);
}

function unexpected(): DavError {
  return new DavError(415, "the method takes no content");
}

function tooLarge(limit: number): DavError {
  return new DavError(413, `the content is larger than ${limit} bytes`);
}
