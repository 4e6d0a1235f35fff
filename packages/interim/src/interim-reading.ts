/** Reads the interim responses that a client of node:http or node:http2 receives. */
import type { ClientRequest } from "node:http";
import type { ClientHttp2Stream } from "node:http2";
import type { FieldLine } from "./fields/interim-fields.ts";
import { type AllowanceOptions, createAllowance } from "./profiles/interim-allowance.ts";

/** An interim response as it came (RFC 9110 §15.2). */
export interface ReceivedInterim {
  /** 100 to 199, never 101. */
  readonly status: number;
  /** Field lines in order; a field that came twice is there twice. No pseudo-fields. */
  readonly lines: readonly FieldLine[];
}

/** More came than the limits allow. */
export class InterimLimitError extends Error {
  override readonly name = "InterimLimitError";
  readonly code: "too-large" | "flood";

  constructor(code: "too-large" | "flood", message: string) {
    super(message);
    this.code = code;
  }
}

export interface InterimReadingOptions extends AllowanceOptions {
  /**
   * The largest interim response, in bytes as HTTP/1.1. Default: 32 KiB. Over HTTP/1.1 Node's own limit must be
   * raised too, which is 16 KiB: give the request `maxHeaderSize`, and set its `maxHeadersCount` to 0, or field lines
   * from the 2,000th on are dropped without a word. Over HTTP/2 the session's `maxHeaderListPairs` does so (default
   * 128).
   */
  readonly largestBytes?: number;
  /** Called for each interim response in order. What it throws goes to `onError`. */
  readonly onInterim: (interim: ReceivedInterim) => void;
  /**
   * Called once, with an {@link InterimLimitError} or what `onInterim` threw; nothing is told after that. Ending the
   * request is the caller's business. Interim responses that are no HTTP fail the request itself, as everything else
   * that is none.
   */
  readonly onError: (error: unknown) => void;
}

/** What Node tells of an interim response, on HTTP/1.1 and on HTTP/2. */
interface Information {
  readonly statusCode: number;
  readonly rawHeaders: readonly string[];
}

/**
 * Tells each interim response of a request: any 1xx but 101, which ends HTTP on the connection (RFC 9110 §15.2.2) and
 * is the caller's business. To be called before the request is sent. "A client MUST be able to parse one or more 1xx
 * responses received prior to a final response, even if the client does not expect one" (RFC 9110 §15.2).
 *
 * @returns stops reading
 */
export function readInterims(
  exchange: ClientRequest | ClientHttp2Stream,
  options: InterimReadingOptions,
): () => void {
  const largest = options.largestBytes ?? 32 * 1024;
  const allowance = createAllowance(options);
  let reading = true;

  const fail = (error: unknown): void => {
    reading = false;
    options.onError(error);
  };
  const receive = (status: number, raw: readonly string[]): void => {
    if (!reading || status === 101) return;
    const lines: FieldLine[] = [];
    // "HTTP/1.1 102 " and the two line ends.
    let bytes = 17;
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at] ?? "";
      const value = raw[at + 1] ?? "";
      if (name.startsWith(":")) continue;
      bytes += name.length + value.length + 4;
      lines.push([name, value]);
    }
    if (bytes > largest) {
      fail(
        new InterimLimitError("too-large", `an interim response of ${bytes} bytes: ${largest} are the most`),
      );
    } else if (!allowance.take(bytes)) {
      fail(new InterimLimitError("flood", "a flood of interim responses: more than any work has news"));
    } else {
      try {
        options.onInterim({ status, lines });
      } catch (error) {
        fail(error);
      }
    }
  };

  const onInformation = (information: Information): void =>
    receive(information.statusCode, information.rawHeaders);
  const onHeaders = (headers: { ":status"?: number }, _flags: number, raw: readonly string[]): void =>
    receive(headers[":status"] ?? 0, raw);
  const event = "rstCode" in exchange ? "headers" : "information";
  const listener = event === "headers" ? onHeaders : onInformation;
  exchange.on(event, listener);
  return () => {
    reading = false;
    exchange.off(event, listener);
  };
}
