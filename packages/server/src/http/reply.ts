/** Puts an answer on the wire, as the final response of an exchange. */
import { once } from "node:events";
import { Http2ServerResponse } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AnyResponse, Exchange } from "@meanwhile/interim";
import { closeLingering } from "@meanwhile/interim/internal";
import type { After } from "@meanwhile/operations";
import type { Answer, AnswerFields } from "./answer.ts";

/** Statuses whose responses never have content (RFC 9110 §6.4.1). */
const bodiless = new Set([204, 304]);

/**
 * Sends the final response. Resolves when it was handed over, or the client is gone.
 * @param after times how long a connection lingers that ends with it
 * @returns how many bytes of content were handed over
 */
export async function reply(
  exchange: Exchange,
  method: string,
  answer: Answer,
  after: After,
): Promise<number> {
  const { request, response } = exchange;
  const { body } = answer;
  try {
    if (exchange.state === "closed" || response.destroyed) return 0;
    const withContent = method !== "HEAD" && !bodiless.has(answer.status);
    const isLast = !exchange.requestComplete && leavesMuch(exchange);
    if (isLast) closeLingering(request.socket, after);
    response.writeHead(answer.status, head(answer, isLast));
    if (!withContent || body.kind === "none") {
      response.end();
      return 0;
    }
    if (body.kind === "bytes") {
      response.end(body.bytes);
      return Buffer.byteLength(body.bytes);
    }
    return await sendStream(response, body.open(), exchange.closed);
  } finally {
    if (body.kind === "stream") body.close();
    // The rest of an upload that was refused half-way: the connection's next request stands behind it.
    if (!exchange.requestComplete) request.resume();
  }
}

function head({ status, fields, body }: Answer, isLast: boolean): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(fields as AnswerFields)) {
    all[name] = typeof value === "string" ? value : [...value];
  }
  const length =
    body.kind === "bytes" ? Buffer.byteLength(body.bytes) : body.kind === "stream" ? body.length : 0;
  if (status !== 204 && status !== 304 && length !== undefined) all["Content-Length"] = String(length);
  if (isLast) all["Connection"] = "close";
  return all;
}

/** What is left of a large upload that nobody wants is not worth reading: its connection ends instead. */
function leavesMuch({ protocol, request }: Exchange): boolean {
  if (protocol === "HTTP/2") return false;
  const length = request.headers["content-length"];
  return length === undefined
    ? request.headers["transfer-encoding"] !== undefined
    : Number(length) > 1024 * 1024;
}

async function sendStream(
  response: AnyResponse,
  content: Readable | AsyncIterable<string | Uint8Array>,
  closed: AbortSignal,
): Promise<number> {
  let sent = 0;
  if (content instanceof Readable) {
    content.on("data", (chunk: Uint8Array) => {
      sent += chunk.length;
    });
    await pipeline(content, response, { signal: closed });
    return sent;
  }
  for await (const chunk of content) {
    if (closed.aborted) return sent;
    // Encoded here, once: Node would gather the text anew in memory of the size of all that waits to be written.
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    sent += bytes.length;
    // An aborted wait means that the client is gone; the loop sees it above.
    if (!write(response, bytes)) await once(response, "drain", { signal: closed }).catch(() => undefined);
  }
  response.end();
  return sent;
}

/** The two kinds of response have the same method, with overloads that TypeScript cannot join. */
function write(response: AnyResponse, chunk: Uint8Array): boolean {
  return response instanceof Http2ServerResponse ? response.write(chunk) : response.write(chunk);
}
