/** The final response, as a standard Response. */

import type { Readable } from "node:stream";
import type { FieldLine } from "@meanwhile/interim/reading";
import { ConnectionError } from "../error/connection-error.ts";
import { type Attempt, toHeaders } from "./attempt.ts";
import { decoding } from "./decoding.ts";
import { connectionFailure } from "./failure.ts";

export interface ReceivedHead {
  readonly status: number;
  /** HTTP/2 has none (RFC 9113 §8.3.1). */
  readonly reason: string;
  readonly lines: readonly FieldLine[];
  readonly content: Readable;
  /** Ends the connection, or the stream: the rest of the content is not wanted. */
  abandon(): void;
  /** What the connection failed by, if it told so by itself. */
  cause(): unknown;
}

/**
 * Makes a standard Response. Its body is read as it is wanted, and holds the connection until then: read it, or
 * cancel it. What is small is taken from the connection at once.
 *
 * @throws {ConnectionError} `malformed` for what is no final response
 */
export function finalResponse(attempt: Attempt, head: ReceivedHead): Response {
  const { outgoing, standing, waiting } = attempt;
  const { status } = head;
  if (!(status >= 200 && status <= 599)) {
    throw new ConnectionError(
      "malformed",
      `${status} is no status of a final response (RFC 9110 §15)`,
      standing,
    );
  }
  let headers: Headers;
  let decode: ((coded: Readable) => Readable) | undefined;
  try {
    headers = toHeaders(head.lines);
    const accepted = outgoing.fields.find(([name]) => name === "accept-encoding")?.[1];
    decode = decoding({ method: outgoing.method, accepted, status, headers });
  } catch (cause) {
    throw new ConnectionError("malformed", `the fields of the response cannot be read: ${String(cause)}`, {
      ...standing,
      cause,
    });
  }
  const hooks = {
    signal: waiting.signal,
    moved: waiting.moved,
    hold: waiting.hold,
    abandon: head.abandon,
    failure: (error: unknown) => {
      if (isZlib(error)) {
        const message = `the content is not coded as its Content-Encoding says: ${String(error)}`;
        return new ConnectionError("malformed", message, { ...standing, cause: error });
      }
      return connectionFailure(head.cause() ?? error, standing, outgoing.url.host);
    },
  };
  let body: ReadableStream<Uint8Array> | null = null;
  if (outgoing.method === "HEAD" || status === 204 || status === 205 || status === 304) {
    // RFC 9110 §6.4.1: there is no content. What a 205 brings all the same is not read.
    head.content.once("data", head.abandon);
    head.content.on("error", () => {});
  } else if (decode === undefined) {
    body = bodyStream(head.content, head.content, declaredLength(headers), hooks);
  } else {
    const declared = declaredLength(headers);
    headers.delete("content-encoding");
    // It was that of the coded bytes.
    headers.delete("content-length");
    body = bodyStream(decode(head.content), head.content, declared, hooks);
  }
  const response = new Response(body, { status, statusText: printable(head.reason), headers });
  Object.defineProperty(response, "url", { value: outgoing.url.href });
  return response;
}

function declaredLength(headers: Headers): number | undefined {
  const value = headers.get("content-length");
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function isZlib(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && /^(Z_|ERR_BROTLI|ERR__ERROR|ERR_PADDING|BROTLI|ERR_.*FORMAT)/.test(code);
}

/** What Response takes as its status text. */
function printable(reason: string): string {
  return reason.replace(/[^\t\x20-\x7e\x80-\xff]/g, "");
}

export interface BodyHooks {
  /** Aborted once patience is over; its reason is what the body fails with. */
  readonly signal: AbortSignal;
  moved(): void;
  /** Nobody reads: it is not the other side who holds up. */
  hold(): void;
  /** The reader wants no more. */
  abandon(): void;
  /** What the reader is told when the connection fails. */
  failure(error: unknown): unknown;
}

/** What is read ahead, in bytes. */
const aheadBytes = 64 * 1024;

/**
 * The content of a response as a standard stream, read as fast as it is taken, and no faster.
 *
 * @param source what is read: the decoded content
 * @param wire what comes from the connection
 * @param length bytes that the wire is to give; fewer are a failure
 */
function bodyStream(
  source: Readable,
  wire: Readable,
  length: number | undefined,
  hooks: BodyHooks,
): ReadableStream<Uint8Array> {
  let over = false;
  let received = 0;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    return true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: unknown): void => {
          if (finish()) controller.error(error);
        };
        const lost = (error: unknown): void => fail(hooks.failure(error));
        if (hooks.signal.aborted) fail(hooks.signal.reason);
        hooks.signal.addEventListener("abort", () => fail(hooks.signal.reason), { once: true });
        wire.on("data", (chunk: Uint8Array) => {
          received += chunk.length;
          hooks.moved();
        });
        if (wire !== source) wire.on("error", lost);
        source.on("data", (chunk: Uint8Array) => {
          if (over) return;
          // A view of its own: what Node reads into is not shared on.
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
          if ((controller.desiredSize ?? 0) > 0) return;
          source.pause();
          hooks.hold();
        });
        source.on("end", () => {
          if (length !== undefined && received < length) {
            lost(new Error(`${received} of ${length} bytes came`));
          } else if (finish()) controller.close();
        });
        source.on("error", lost);
        source.on("close", () => lost(new Error("the content broke off")));
      },
      pull() {
        hooks.moved();
        source.resume();
      },
      cancel() {
        if (finish()) hooks.abandon();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: aheadBytes }),
  );
}
