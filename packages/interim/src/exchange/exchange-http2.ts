/** An exchange on node:http2's compatibility objects. */
import {
  constants,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { checkInterim, type FieldLine } from "../fields/interim-fields.ts";
import type { Exchange } from "./exchange.ts";
import { createClosing } from "./exchange-closing.ts";
import { onceComplete } from "./request-complete.ts";

/**
 * The most frames that may wait in a session before interim responses are held back. A client that reads leaves a few at
 * most; one that does not is not to fill our memory.
 */
const mostWaitingFrames = 128;

/** Opens an exchange over HTTP/2, of `node:http2`'s compatibility layer. See {@link Exchange}. */
export function openHttp2(request: Http2ServerRequest, response: Http2ServerResponse): Exchange {
  const { stream } = request;
  const closing = createClosing();
  const requestComplete = receipt(stream);

  const close = (): void =>
    // A reset leaves `writableFinished` as it was: only a stream that ended in peace delivered its response.
    closing.close(
      stream.writableFinished && !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR,
    );
  stream.once("close", close);
  if (stream.destroyed || stream.closed) close();

  return {
    request,
    response,
    protocol: "HTTP/2",
    get state() {
      if (closing.isClosed) return "closed";
      return stream.headersSent ? "answering" : "waiting";
    },
    get closed() {
      return closing.signal;
    },
    get undelivered() {
      return closing.undelivered;
    },
    get requestComplete() {
      return requestComplete();
    },
    whenRequestComplete: (listener) => onceComplete(request, requestComplete, listener),
    interim: (status, fields) => {
      const lines = checkInterim(status, fields);
      // RFC 2518 §10.1: a 102 says "that the server has accepted the complete request".
      if (status === 102 && !requestComplete()) return false;
      if (closing.isClosed || stream.headersSent || response.writableEnded) return false;
      if (stream.destroyed || stream.closed || stream.session === undefined || stream.session.destroyed)
        return false;
      if ((stream.session.state.outboundQueueSize ?? 0) > mostWaitingFrames) return false;
      stream.additionalHeaders({ [constants.HTTP2_HEADER_STATUS]: status, ...toHeaders(lines) });
      return true;
    },
  };
}

/**
 * Tells whether the client has ended its half of the stream, content read by us or not. A reset ends the content too,
 * but closes the stream with it.
 */
function receipt(stream: ServerHttp2Stream): () => boolean {
  let complete = stream.endAfterHeaders;
  return () => {
    if (!complete && !stream.closed && !stream.destroyed) {
      complete = stream.readableEnded || stream.state.remoteClose === 1;
    }
    return complete;
  };
}

function toHeaders(lines: readonly FieldLine[]): OutgoingHttpHeaders {
  const headers = new Map<string, string[]>();
  for (const [name, value] of lines) {
    // RFC 9113 §8.2: "Field names MUST be converted to lowercase when constructing an HTTP/2 message."
    const lowerCase = name.toLowerCase();
    headers.set(lowerCase, [...(headers.get(lowerCase) ?? []), value]);
  }
  return Object.fromEntries(headers);
}
