/** One try to send a request, on one connection. */

import type { Writable } from "node:stream";
import type { FieldLine } from "@meanwhile/interim/reading";
import { misuse } from "../error/misuse.ts";
import type { Outgoing, OutgoingContent } from "./outgoing.ts";
import type { SendOptions } from "./send.ts";
import { type Standing, type Timers, unlessStopped, type Waiting } from "./waiting.ts";

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

export interface FeedHooks {
  /** Aborted when no more is to be sent. */
  readonly stop: AbortSignal;
  /** The next bytes are not there yet: it is not the other side who holds up. */
  hold(): void;
  /** So many bytes in all have left. */
  sent(bytes: number): void;
}

/** Large content goes in pieces of this size, so that each that leaves is news. */
const pieceBytes = 64 * 1024;

/**
 * Writes content and ends the target; as fast as it is taken, and no faster. Stopped, it leaves the target as it is.
 *
 * @throws {TypeError} `ERR_CONTENT_LENGTH` where the content is not as long as it said; and what the content throws
 */
export async function feed(content: OutgoingContent, target: Writable, hooks: FeedHooks): Promise<void> {
  const { stop } = hooks;
  const { length } = content;
  let handed = 0;
  let left = 0;
  const source = content.open()[Symbol.asyncIterator]();
  let finished = false;
  try {
    while (!stop.aborted) {
      hooks.hold();
      const step = await unlessStopped(source.next(), stop);
      if (step === undefined || stop.aborted) return;
      if (step.done === true) {
        finished = true;
        break;
      }
      const chunk = step.value;
      if (!(chunk instanceof Uint8Array)) {
        throw misuse("ERR_REQUEST_CONTENT", "content consists of Uint8Arrays");
      }
      handed += chunk.length;
      if (length !== undefined && handed > length) throw wrongLength(length, `${handed} came, and more`);
      for (let at = 0; at < chunk.length && !stop.aborted; at += pieceBytes) {
        const piece = chunk.subarray(at, at + pieceBytes);
        const ready = target.write(piece, (error) => {
          if (error) return;
          left += piece.length;
          if (!stop.aborted) hooks.sent(left);
        });
        if (!ready) await unlessStopped(drained(target), stop);
      }
    }
    if (stop.aborted) return;
    if (length !== undefined && handed < length) throw wrongLength(length, `${handed} came`);
    target.end();
  } finally {
    if (!finished) {
      // It may have a file to close. It does not have to, and it is not waited for.
      source.return?.().then(undefined, () => {});
    }
  }
}

/** Errors and the end of the target are dealt with by who has it: they stop the feeding. */
function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    target.once("drain", resolve);
  });
}

function wrongLength(said: number, came: string): TypeError {
  return misuse("ERR_CONTENT_LENGTH", `the content was to have ${said} bytes, but ${came}`);
}
