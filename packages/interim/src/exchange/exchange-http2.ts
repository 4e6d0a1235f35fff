/** An exchange on node:http2's compatibility objects. */
import {
  constants,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { checkInterim, type FieldLine, type InterimFields } from "../fields/interim-fields.ts";
import type { Exchange, ExchangeState } from "./exchange.ts";
import { Closing } from "./exchange-closing.ts";
import { onceComplete } from "./request-complete.ts";

/**
 * The most frames that may wait in a session before interim responses are held back. A client that reads leaves a few at
 * most; one that does not is not to fill our memory.
 */
const mostWaitingFrames = 128;

/** An exchange over HTTP/2, of `node:http2`'s compatibility layer. See {@link Exchange}. */
export class Http2Exchange extends Closing implements Exchange {
  readonly request: Http2ServerRequest;
  readonly response: Http2ServerResponse;
  readonly protocol = "HTTP/2";
  readonly #stream: ServerHttp2Stream;
  #complete: boolean;

  constructor(request: Http2ServerRequest, response: Http2ServerResponse) {
    super();
    this.request = request;
    this.response = response;
    const { stream } = request;
    this.#stream = stream;
    this.#complete = stream.endAfterHeaders;
    const close = (): void =>
      // A reset leaves `writableFinished` as it was: only a stream that ended in peace delivered its response.
      this.close(stream.writableFinished && !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR);
    stream.once("close", close);
    if (stream.destroyed || stream.closed) close();
  }

  get state(): ExchangeState {
    if (this.isClosed) return "closed";
    return this.#stream.headersSent ? "answering" : "waiting";
  }

  /**
   * The client has ended its half of the stream, content read by us or not. A reset ends the content too, but closes
   * the stream with it.
   */
  get requestComplete(): boolean {
    const stream = this.#stream;
    if (!this.#complete && !stream.closed && !stream.destroyed) {
      this.#complete = stream.readableEnded || stream.state.remoteClose === 1;
    }
    return this.#complete;
  }

  whenRequestComplete(listener: () => void): void {
    onceComplete(this.request, this, listener);
  }

  interim(status: number, fields: InterimFields): boolean {
    const lines = checkInterim(status, fields);
    // RFC 2518 §10.1: a 102 says "that the server has accepted the complete request".
    if (status === 102 && !this.requestComplete) return false;
    const stream = this.#stream;
    if (this.isClosed || stream.headersSent || this.response.writableEnded) return false;
    if (stream.destroyed || stream.closed || stream.session === undefined || stream.session.destroyed)
      return false;
    if ((stream.session.state.outboundQueueSize ?? 0) > mostWaitingFrames) return false;
    stream.additionalHeaders({ [constants.HTTP2_HEADER_STATUS]: status, ...toHeaders(lines) });
    return true;
  }
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
