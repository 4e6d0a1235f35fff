/** One try to send a request, on one connection. */
import type { Writable } from "node:stream";
import { type FieldLine, InterimLimitError, type ReceivedInterim } from "@meanwhile/interim/reading";
import { feed } from "./content.ts";
import { connectionFailure } from "./failure.ts";
import type { Outgoing } from "./outgoing.ts";
import type { InterimResponse, SendOptions } from "./send.ts";
import type { Standing, Timers, Waiting } from "./waiting.ts";

export interface Attempt {
  readonly outgoing: Outgoing;
  readonly options: SendOptions;
  readonly waiting: Waiting;
  readonly standing: Standing;
  readonly timers: Timers;
  readonly largestHeadBytes: number;
  readonly continueWaitMs: number;
  /** Whether to ask before sending content (RFC 9110 §10.1.1). */
  readonly expectContinue: boolean;
  /** Called when all is over: the response read or given up, the content sent or stopped. Not after a failure. */
  over(): void;
}

/** What becomes of an attempt that got a final response. */
export interface Answer {
  readonly response: Response;
  /**
   * 417 to our expectation, before any content was sent: the request may be repeated without it (RFC 9110 §10.1.1).
   */
  readonly expectationFailed: boolean;
}

/** What the one who decides on another try wants to know of a failure. */
export interface Trace {
  /** It went over a connection that had carried another request, and may have been closed at that moment. */
  reused: boolean;
  /** The other side said that it did not, and will not, do anything about it (RFC 9113 §8.7). */
  refused: boolean;
  /** It said that it wants HTTP/1.1 (RFC 9113 §7, HTTP_1_1_REQUIRED). */
  wantsHttp1: boolean;
  /** Content was opened, so it may be used up. */
  contentBegun: boolean;
}

/** Gives an error of reading interim responses its name; what the caller's own listener threw stays as it is. */
export function interimFailure(error: unknown, attempt: Attempt): unknown {
  if (!(error instanceof InterimLimitError)) return error;
  return connectionFailure(error, attempt.standing, attempt.outgoing.url.host);
}

/**
 * Sends the content, unless that has begun or is not to be.
 * @param fail told what it fails with, and what the caller's `onSent` throws
 */
export function sendContent(
  { outgoing, options, waiting }: Attempt,
  trace: Trace,
  to: Writable,
  { stop, fail }: { readonly stop: AbortSignal; fail(error: unknown): void },
): void {
  const { content } = outgoing;
  if (trace.contentBegun || content === undefined || stop.aborted) return;
  trace.contentBegun = true;
  feed(content, to, {
    stop,
    hold: waiting.hold,
    sent: (bytes) => {
      waiting.moved();
      try {
        options.onSent?.(bytes);
      } catch (error) {
        fail(error);
      }
    },
  }).catch(fail);
}

/** Counts and tells an interim response. */
export function tellInterim(attempt: Attempt, interim: ReceivedInterim): void {
  attempt.standing.interims += 1;
  attempt.waiting.moved();
  const { onInterim } = attempt.options;
  if (onInterim === undefined) return;
  const told: InterimResponse = { status: interim.status, headers: toHeaders(interim.lines) };
  onInterim(told);
}

/** @throws {TypeError} for what `Headers` cannot hold */
export function toHeaders(lines: Iterable<FieldLine>): Headers {
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  return headers;
}

/** What Node gives as a flat list; pseudo-fields of HTTP/2 left out. */
export function toLines(raw: readonly string[]): FieldLine[] {
  const lines: FieldLine[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (!name.startsWith(":")) lines.push([name, raw[at + 1] ?? ""]);
  }
  return lines;
}

/** Above this, asking first costs less than sending in vain; curl draws the line there too. */
const worthAskingBytes = 1024 * 1024;

/**
 * Whether to send `Expect: 100-continue`: over HTTP/1.1 for large content, where an early refusal costs the
 * connection; for content that can be sent once also over HTTP/2, so that a 401 leaves it for the next try.
 */
export function asksFirst(outgoing: Outgoing, protocol: "http/1.1" | "h2"): boolean {
  const { content } = outgoing;
  if (content === undefined) return false;
  if (!content.repeatable) return true;
  return protocol === "http/1.1" && (content.length === undefined || content.length > worthAskingBytes);
}
