/** Writes the `Response` of a fetch handler as the response of node:http or node:http2. */
import type { ServerResponse } from "node:http";
import { Http2ServerResponse } from "node:http2";

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Piece = Awaited<ReturnType<Reader["read"]>>;

/**
 * Short content goes out with its length; all other as it comes, as fast as it is read. Content that is no longer
 * wanted is cancelled.
 *
 * @throws what its content fails with, and {@link TypeError} for what is no `Response`
 */
export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  if (typeof answer?.status !== "number" || typeof answer.headers?.forEach !== "function") {
    await discard(answer);
    throw new TypeError("a fetch handler answers with a Response");
  }
  const { status, statusText, headers, body } = answer;
  response.statusCode = status;
  // HTTP/2 has no reason phrase.
  if (statusText && !isHttp2(response)) response.statusMessage = statusText;
  const cookies = headers.getSetCookie();
  headers.forEach((value, name) => {
    if (name !== "set-cookie") response.setHeader(name, value);
  });
  if (cookies.length > 0) response.setHeader("Set-Cookie", cookies);
  if (body === null || response.req.method === "HEAD" || status === 204 || status === 304) {
    response.end();
    await discard(answer);
  } else await pour(body.getReader(), response);
}

async function pour(reader: Reader, response: ServerResponse): Promise<void> {
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  response.once("close", cancel);
  try {
    let piece = await withHead(reader.read(), response);
    for (let first = true; !piece.done; first = false) {
      const next = reader.read();
      if (first && (await soon(next))?.done) {
        if (!response.headersSent && !response.hasHeader("Content-Length")) {
          response.setHeader("Content-Length", piece.value.byteLength);
        }
        response.end(piece.value);
        return;
      }
      if (!response.write(piece.value)) await writable(response);
      piece = await next;
    }
    response.end();
  } finally {
    response.removeListener("close", cancel);
  }
}

/** Content that takes its time does not hold back the head. */
async function withHead(first: Promise<Piece>, response: ServerResponse): Promise<Piece> {
  if ((await soon(first)) === undefined) response.flushHeaders();
  return first;
}

/** undefined: not in this turn of the event loop. */
function soon(piece: Promise<Piece>): Promise<Piece | undefined> {
  return new Promise((resolve, reject) => {
    piece.then(resolve, reject);
    setImmediate(() => resolve(undefined));
  });
}

function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.removeListener("drain", go).removeListener("close", go);
      resolve();
    };
    if (response.destroyed) resolve();
    else response.once("drain", go).once("close", go);
  });
}

async function discard(answer: Response | undefined): Promise<void> {
  // What it fails with now is of no interest to anybody.
  await answer?.body?.cancel?.().catch(() => undefined);
}

function isHttp2(response: object): boolean {
  return response instanceof Http2ServerResponse;
}
