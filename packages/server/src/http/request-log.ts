/** What is told of each request, once, when it is over. */
import type { Protocol } from "@meanwhile/interim";

/** What is known of a request when it is over. */
export interface RequestLogEntry {
  readonly method: string;
  /** The request target as it came. */
  readonly target: string;
  /** Where a COPY or MOVE went. */
  readonly destination?: string;
  readonly protocol: Protocol;
  readonly address: string;
  readonly principal?: string;
  readonly userAgent?: string;
  /** 499: the client had left before there was an answer. */
  readonly status: number;
  readonly durationMs: number;
  /** Of the content that was sent. */
  readonly bytesOut: number;
  /** Interim responses that were sent. */
  readonly interims: number;
  /** The profile of client and hops that decided about them. */
  readonly profile?: string;
  /** The operation that did the work. */
  readonly operation?: string;
  /** The client was gone before it had the whole final response. */
  readonly undelivered?: true;
  /** Why it failed, for the operator: may hold what the client must not see. */
  readonly error?: unknown;
}
