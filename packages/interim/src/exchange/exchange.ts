/** One request, its interim responses, its final response: on node:http and node:http2 alike. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { InterimFields } from "../fields/interim-fields.ts";
import type { Protocol } from "./protocol.ts";

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

/**
 *      interim()                 final head                 end or socket gone
 *    ┌───────────┐
 *    └▶ waiting ─┴──────────────▶ answering ──────────────▶ closed
 *          └────────────────── socket gone ──────────────────▲
 *
 * "Socket" is the stream on HTTP/2.
 */
export type ExchangeState = "waiting" | "answering" | "closed";

export interface Exchange {
  readonly request: AnyRequest;
  readonly response: AnyResponse;
  readonly protocol: Protocol;
  readonly state: ExchangeState;
  /**
   * Aborted when the client is gone (its connection, or its stream) before the final response was wholly handed
   * over. Never aborted after a final response that was.
   */
  readonly closed: AbortSignal;
  /** Whether the client was gone before the final response was wholly handed over. Final once `state` is "closed". */
  readonly undelivered: boolean;
  /** Calls the listener when `closed` is aborted, at once where it is; at less cost, where that is not needed besides. */
  whenUndelivered(listener: () => void): void;
  /** Whether the complete request was received, its content to the end. Reading it is the handler's job. */
  readonly requestComplete: boolean;
  /**
   * Calls the listener once the complete request was received and read: at once if that is so already, never when the
   * client breaks off. Content that nobody reads to its end is noticed by `requestComplete` only.
   */
  whenRequestComplete(listener: () => void): void;
  /**
   * Writes an interim response.
   *
   * @returns whether it was written. False, and nothing written, when it comes too late (the final response has begun
   *   or the client is gone), to HTTP/1.0, for a 102 before the complete request was received, while an earlier
   *   response on the connection is still under way (pipelining), and while the client does not read.
   * @throws {TypeError} for what may never be sent: see `checkInterim`. Never for lateness.
   */
  interim(status: number, fields: InterimFields): boolean;
}
