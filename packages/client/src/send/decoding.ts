import { Duplex, pipeline, Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** The coding's decoder by name (RFC 9110 §8.4.1). */
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  "x-gzip": () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** More than this has no use, but to make little into very much. */
const mostCodings = 2;

/** The exchange whose response is decoded. */
export interface CodedExchange {
  readonly method: string;
  /** Its `Accept-Encoding`. */
  readonly accepted: string | undefined;
  readonly status: number;
  /** Of the response. */
  readonly headers: Headers;
}

/**
 * Undoes what `Content-Encoding` says, so that the content is that of the resource; what is decoded takes no more
 * memory than the reader takes bytes.
 *
 * Two kinds of content stay as they are: a part (206), for it is a part of the coded bytes (RFC 9110 §14), and what GET
 * gives in a coding that was not asked for, for that coding belongs to the bytes that are stored (`.tgz` on Apache with
 * AddEncoding). Servers put the same field on their own content, too, a 207 about that resource: what is not coded as it
 * says is given as it is.
 *
 * @returns undefined where there is nothing to undo, or a coding that is not known here: then the fields stay as well
 * @throws {RangeError} for more codings than anybody uses
 */
export function decoding(exchange: CodedExchange): ((coded: Readable) => Readable) | undefined {
  const { method, accepted, status, headers } = exchange;
  if (status === 206) return undefined;
  const codings = listed(headers.get("content-encoding")).filter((coding) => coding !== "identity");
  if (codings.length === 0 || !codings.every((coding) => Object.hasOwn(decoders, coding))) return undefined;
  if (method === "GET" && status < 300 && !codings.every((coding) => isAskedFor(coding, accepted)))
    return undefined;
  if (codings.length > mostCodings) {
    throw new RangeError(`${codings.length} content codings one upon another: ${mostCodings} are the most`);
  }
  // The last one was applied last.
  return (coded) => codings.reduceRight(decoded, coded);
}

function listed(value: string | null | undefined): readonly string[] {
  return (value ?? "")
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "");
}

/** RFC 9110 §12.5.3; "x-gzip" is the same as "gzip" (§8.4.1.3). */
function isAskedFor(coding: string, accepted: string | undefined): boolean {
  const names = coding === "x-gzip" || coding === "gzip" ? ["gzip", "x-gzip", "*"] : [coding, "*"];
  return listed(accepted).some((entry) => {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    return names.includes(name) && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

function decoded(coded: Readable, coding: string): Readable {
  const undoing = Duplex.from(async function* (source: AsyncIterable<Uint8Array>) {
    const pieces = source[Symbol.asyncIterator]();
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < sniffed) {
      const { done, value } = await pieces.next();
      if (done === true) break;
      head = Buffer.concat([head, value]);
    }
    const whole = rejoined(head, pieces);
    if (!isCoded(coding, head)) {
      yield* whole;
      return;
    }
    const decoder = decoders[coding]?.();
    // What fails is told by the loop.
    if (decoder !== undefined) yield* pipeline(Readable.from(whole), decoder, () => {});
  });
  return pipeline(coded, undoing, () => {});
}

async function* rejoined(
  head: Uint8Array,
  pieces: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (head.length > 0) yield head;
  yield* { [Symbol.asyncIterator]: () => pieces };
}

/** Gzip has a mark of its own (RFC 1952 §2.3.1); the others begin with no "<", with or without a byte order mark. */
function isCoded(coding: string, head: Uint8Array): boolean {
  if (coding === "gzip" || coding === "x-gzip") return head[0] === 0x1f && head[1] === 0x8b;
  return !/^(?:\xef\xbb\xbf)?\s*</.test(String.fromCharCode(...head.subarray(0, sniffed)));
}

const sniffed = 8;
