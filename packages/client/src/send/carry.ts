/** The life of an attempt, the same over every version of HTTP. */
import type { ClientRequest } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { InterimLimitError, type ReceivedInterim, readInterims } from "@meanwhile/interim/reading";
import { type Answer, type Attempt, feed, type Trace, toHeaders, toLines } from "./attempt.ts";
import { connectionFailure } from "./failure.ts";
import { markCloseDelimited } from "./received-content.ts";
import { finalResponse } from "./response.ts";

/** What carries an attempt: a request of node:http, or a stream of node:http2. */
export interface Carrier {
  readonly message: ClientRequest | ClientHttp2Stream;
  /** Ends it: nothing more is wanted of it. */
  abandon(): void;
  /** Calls back with the head of the final response; `fail` for what is none. */
  onResponse(respond: (head: CarriedHead) => void, fail: (error: unknown) => void): void;
  /** Begins to send what needs a call of its own; before the content. */
  start?(): void;
  /** Notes in the trace what the way it ended says of the request. */
  noteEnd?(): void;
  /** How it was closed, in the words of an error. */
  closed(): string;
}

/** The head of a final response, as Node has it. */
export interface CarriedHead {
  readonly status: number;
  /** HTTP/2 has none (RFC 9113 §8.3.1). */
  readonly reason: string;
  readonly raw: readonly string[];
  readonly content: Readable;
  /** Neither a length nor chunks say where the content ends. */
  readonly closeDelimited: boolean;
}

/** @throws {ConnectionError} or what ended patience, or what the caller's content or listener threw */
export function carry(attempt: Attempt, trace: Trace, carrier: Carrier): Promise<Answer> {
  const { outgoing, standing, waiting, timers } = attempt;
  const { message } = carrier;
  return new Promise((resolve, reject) => {
    let answered = false;
    let uploaded = outgoing.content === undefined;
    /** What Node says of the connection, even after the response has begun. */
    let cause: unknown;
    let forgetContinue = (): void => {};
    const feeding = new AbortController();

    const end = (): void => {
      feeding.abort();
      forgetContinue();
      stopReading();
      waiting.signal.removeEventListener("abort", onImpatient);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
      carrier.abandon();
    };
    const failConnection = (error: unknown): void => {
      carrier.noteEnd?.();
      fail(connectionFailure(error, standing, outgoing.url.host));
    };
    const onImpatient = (): void => fail(waiting.signal.reason);
    const upload = (): void => {
      forgetContinue();
      sendContent(attempt, trace, carrier, { stop: feeding.signal, fail });
    };

    const stopReading = readInterims(message, {
      largestBytes: attempt.largestHeadBytes,
      now: timers.now,
      onInterim: (interim) => {
        tellInterim(attempt, interim);
        if (interim.status === 100) upload();
      },
      onError: (error) => {
        if (error instanceof InterimLimitError) fail(connectionFailure(error, standing, outgoing.url.host));
        else fail(error);
      },
    });
    waiting.signal.addEventListener("abort", onImpatient, { once: true });
    message.once("finish", () => {
      uploaded = true;
      waiting.moved();
    });
    carrier.onResponse(({ status, reason, raw, content, closeDelimited }) => {
      answered = true;
      waiting.moved();
      forgetContinue();
      // RFC 9112 §9.5: "If the client sees a response that indicates the server does not wish to receive the message
      // body and is closing the connection, the client SHOULD immediately cease transmitting the body". A 2xx may
      // come while it still reads. RFC 9113 §8.1: a server that answers before it has the whole request resets the
      // stream with NO_ERROR afterwards.
      if (!uploaded && (status >= 300 || !trace.contentBegun)) {
        feeding.abort();
        // What was announced is not sent: nothing can follow.
        content.once("end", carrier.abandon);
        content.once("close", carrier.abandon);
      }
      try {
        const response = finalResponse(attempt, {
          ...{ status, reason, content },
          lines: toLines(raw),
          abandon: carrier.abandon,
          cause: () => cause,
        });
        if (response.body === null) content.resume();
        if (closeDelimited) markCloseDelimited(response);
        resolve({
          response,
          expectationFailed: status === 417 && attempt.expectContinue && !trace.contentBegun,
        });
      } catch (error) {
        fail(error);
      }
    }, fail);
    message.on("error", (error) => {
      cause = error;
      if (!answered) failConnection(error);
    });
    message.once("close", () => {
      end();
      if (answered) attempt.over();
      else failConnection(cause ?? new Error(carrier.closed()));
    });

    if (waiting.signal.aborted) return onImpatient();
    carrier.start?.();
    if (attempt.expectContinue) forgetContinue = timers.after(attempt.continueWaitMs, upload);
    else upload();
  });
}

/**
 * Sends the content, unless that has begun or is not to be.
 * @param fail told what it fails with, and what the caller's `onSent` throws
 */
function sendContent(
  { outgoing, options, waiting }: Attempt,
  trace: Trace,
  { message }: Carrier,
  { stop, fail }: { readonly stop: AbortSignal; fail(error: unknown): void },
): void {
  const { content } = outgoing;
  if (trace.contentBegun || content === undefined || stop.aborted) return;
  trace.contentBegun = true;
  feed(content, message, {
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
function tellInterim({ standing, waiting, options }: Attempt, { status, lines }: ReceivedInterim): void {
  standing.interims += 1;
  waiting.moved();
  options.onInterim?.({ status, headers: toHeaders(lines) });
}
