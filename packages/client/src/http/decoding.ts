import { pipeline, type Readable, type Transform } from "node:stream";
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

/**
 * Undoes what `Content-Encoding` says, so that the content is that of the resource; what is decoded takes no more
 * memory than the reader takes bytes. A part (206) stays as it is, for it is a part of the coded bytes (RFC 9110
 * §14).
 *
 * @returns undefined where there is nothing to undo, or a coding that is not known here: then the fields stay as well
 * @throws {RangeError} for more codings than anybody uses
 */
export function decoding(status: number, headers: Headers): ((coded: Readable) => Readable) | undefined {
  if (status === 206) return undefined;
  const codings = (headers.get("content-encoding") ?? "")
    .split(",")
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length === 0 || !codings.every((coding) => Object.hasOwn(decoders, coding))) return undefined;
  if (codings.length > mostCodings) {
    throw new RangeError(`${codings.length} content codings one upon another: ${mostCodings} are the most`);
  }
  return (coded) => {
    let stream = coded;
    // The last one was applied last.
    for (const coding of codings.reverse()) {
      const decoder = decoders[coding]?.();
      // What fails is told by the last stream of them all.
      if (decoder !== undefined) stream = pipeline(stream, decoder, () => {});
    }
    return stream;
  };
}
