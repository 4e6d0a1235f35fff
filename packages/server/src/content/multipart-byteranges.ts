/** Several parts of a document in one response: `multipart/byteranges` (RFC 9110 §14.6). */
import type { AnswerBody } from "../http/answer.ts";
import type { ByteRange, OpenDocument } from "../store.ts";
import { contentRange } from "./ranges.ts";

export interface MultipartByteranges {
  readonly contentType: string;
  readonly body: AnswerBody;
}

/**
 * The parts of a document, each with its own type and place; streamed, with its length known beforehand.
 *
 * @param contentType the document's own
 * @param boundary must not occur in the document, so it has to be unpredictable
 */
export function multipartByteranges(
  document: OpenDocument,
  ranges: readonly ByteRange[],
  contentType: string,
  boundary: string,
): MultipartByteranges {
  const total = document.resource.length;
  const heads = ranges.map(
    (range, index) =>
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${contentType}\r\n` +
      `Content-Range: ${contentRange(range, total)}\r\n\r\n`,
  );
  const end = `\r\n--${boundary}--\r\n`;
  const length = ranges.reduce(
    (sum, range, index) => sum + Buffer.byteLength(heads[index] ?? "", "latin1") + range.end - range.start,
    end.length,
  );
  async function* parts(): AsyncGenerator<string | Uint8Array> {
    for (const [index, range] of ranges.entries()) {
      yield heads[index] ?? "";
      yield* document.stream(range);
    }
    yield end;
  }
  return {
    contentType: `multipart/byteranges; boundary=${boundary}`,
    body: { kind: "stream", length, open: parts, close: () => document.close() },
  };
}
