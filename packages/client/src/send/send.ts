/**
 * The one way to the network: shaped like `fetch`, but it sees interim responses and waits as long as there is news.
 */

/** An interim response (RFC 9110 §15.2), such as `102 Processing`. */
export interface InterimResponse {
  /** 100 to 199, never 101. */
  readonly status: number;
  readonly headers: Headers;
}

/** Content that can be sent more than once: after a lost connection, or with credentials after a 401. */
export interface RepeatableContent {
  /** Bytes in all; undefined where nobody knows. */
  readonly length?: number;
  /** Opens it from a byte on, afresh each time. */
  open(start: number): AsyncIterable<Uint8Array>;
}

/** A stream can be sent once; everything else again. */
export type RequestContent = string | Uint8Array | Blob | RepeatableContent | ReadableStream<Uint8Array>;

/** How long to wait. Nothing is limited by default: a server that works may take its time. */
export interface Patience {
  /**
   * Milliseconds without any byte and any interim response, either way. Each of those starts it anew; it stands still
   * while it is the caller who holds up: content that is not there yet, a body that is not read. 0 or absent: no limit.
   */
  readonly idleTimeoutMs?: number;
  /** Milliseconds for the whole request, its content included. 0 or absent: no limit. */
  readonly timeoutMs?: number;
  /** Ends the request; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface SendOptions extends Patience {
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly content?: RequestContent;
  /** Called for each interim response, in order. What it throws ends the request. */
  readonly onInterim?: (interim: InterimResponse) => void;
  /** Called with the bytes of content sent so far; from 0 again where the request had to be sent again. */
  readonly onSent?: (bytes: number) => void;
}

/**
 * Sends one request and gives its final response, whatever its status. The URL of the response is the one asked:
 * redirections are not followed here. Its body holds the connection: read it, or cancel it. What gzip, deflate or br
 * packed on the way is unpacked, and `Content-Encoding` and `Content-Length` are gone then; but what GET gives in a coding
 * that `Accept-Encoding` did not ask for is stored so, and stays. A `Content-Encoding` without `Content-Length` tells of
 * content that a browser has unpacked.
 *
 * @throws {ConnectionError} where there is no complete response
 */
export type Send = (url: URL, options?: SendOptions) => Promise<Response>;
