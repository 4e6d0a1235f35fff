/** A request's content, read late: 100 Continue is sent only when somebody wants it (RFC 9110 §10.1.1). */
import type { ServerHttp2Stream } from "node:http2";
import { badRequest, DavError } from "@meanwhile/dav";
import type { AnyRequest, AnyResponse, Exchange } from "@meanwhile/interim";
import { sentContinue } from "@meanwhile/interim/internal";
import type { RequestContent } from "./dav-request.ts";
import type { RequestFields } from "./request-fields.ts";

/** The content of a request, read when it is first asked for; 100 Continue is sent then. */
export class HttpContent implements RequestContent {
  readonly #request: AnyRequest;
  readonly #response: AnyResponse;
  readonly #fields: RequestFields;

  constructor({ request, response }: Pick<Exchange, "request" | "response">, fields: RequestFields) {
    this.#request = request;
    this.#response = response;
    this.#fields = fields;
  }

  get length(): number | undefined {
    return declaredLength(this.#request);
  }

  async *stream(): AsyncGenerator<Uint8Array> {
    const { length } = this;
    const request = this.#request;
    requireNoCoding(this.#fields);
    sendContinue(request, this.#response);
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

  atHand(): Uint8Array | undefined {
    const request = this.#request;
    // An iterator over a stream costs more than all else that becomes of a short content.
    if ("stream" in request || this.length !== request.readableLength) return undefined;
    if (request.aborted || request.readableFlowing || request.readableDidRead) return undefined;
    requireNoCoding(this.#fields);
    const all = request.read() as Uint8Array | null;
    // So that it ends, once Node knows that it is whole.
    request.resume();
    return all ?? noBytes;
  }

  text(limit: number): Promise<string> {
    return readText(this, limit);
  }
}

const noBytes = new Uint8Array();

/** Gives each piece of a content to `take`, one after the other. */
export async function takeContent(
  content: Pick<RequestContent, "atHand" | "stream">,
  take: (piece: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const all = content.atHand?.();
  if (all === undefined) for await (const piece of content.stream()) await take(piece);
  else if (all.length > 0) await take(all);
}

/** All of a content, as {@link RequestContent.text} gives it. */
export async function readText(
  content: Pick<RequestContent, "length" | "atHand" | "stream">,
  limit: number,
): Promise<string> {
  const { length } = content;
  if (length === 0) return "";
  if (length !== undefined && length > limit) throw tooLarge(limit);
  const pieces: Uint8Array[] = [];
  let size = 0;
  await takeContent(content, (piece) => {
    size += piece.length;
    if (size > limit) throw tooLarge(limit);
    pieces.push(piece);
  });
  return decode(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
}

/**
 * Content is stored and read as it is, without a content coding.
 * @throws {DavError} 415 with the codings that are taken: none (RFC 9110 §8.4, §15.5.16)
 */
export function requireNoCoding({ isCoded }: RequestFields): void {
  if (!isCoded) return;
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
export async function refuseContent(content: RequestContent): Promise<void> {
  if (content.length === 0) return;
  if (content.length !== undefined) throw unexpected();
  for await (const chunk of content.stream()) if (chunk.length > 0) throw unexpected();
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
  if ("stream" in request ? sent100Http2(request.stream) : sentContinue(response)) return;
  response.writeContinue();
}

/** Other interim responses may have come before it. */
function sent100Http2({ sentInfoHeaders = [] }: Pick<ServerHttp2Stream, "sentInfoHeaders">): boolean {
  return sentInfoHeaders.some((fields) => fields[":status"] === 100);
}

function decode(bytes: Uint8Array): string {
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
