import type { LostUpload } from "../../operation/long-request-plan.ts";
import { mustBeReady, notNow } from "../../repeat/setback.ts";
import { piecesOf } from "../../send/received-content.ts";
import { contentFields } from "./content-fields.ts";
import type { PositionedContent } from "./positioned-content.ts";
import { startsWith } from "./starts-with.ts";

export interface ComparedRange {
  readonly url: URL;
  /** The bytes from `start` to before `end`, of `total` that the resource has to have. */
  readonly start: number;
  readonly end: number;
  readonly total: number;
  /** That the resource has to have; absent: any. */
  readonly etag?: string;
}

/**
 * Whether a resource has the same bytes in a range as the content.
 *
 * @param onEqual told how many more bytes were found equal
 * @returns the response that showed it; undefined where that is not so, or the server does not tell it by a 206
 * @throws {ConnectionError} where that is not known, for now
 */
export async function sameRange(
  lost: LostUpload,
  content: PositionedContent,
  { url, start, end, total, etag }: ComparedRange,
  onEqual: (bytes: number) => void = () => undefined,
): Promise<Response | undefined> {
  const response = await lost.send(url, {
    headers: {
      "Accept-Encoding": "identity",
      Range: `bytes=${start}-${end - 1}`,
      ...(etag === undefined ? {} : { "If-Match": etag }),
    },
  });
  const { status } = response;
  const { range, isCoded, etag: itsTag } = contentFields(response);
  const isAnswer =
    status === 206 &&
    !isCoded &&
    range?.start === start &&
    range.end === end - 1 &&
    range.total === total &&
    (etag === undefined || itsTag === etag);
  if (!isAnswer) {
    // It may be all of a large resource.
    response.body?.cancel().catch(() => undefined);
    mustBeReady(response);
    if (etag !== undefined && status === 412) throw notNow("the resource changes");
    return undefined;
  }
  let equal = 0;
  const same = await startsWith(content.open(start), piecesOf(response), (bytes) => {
    equal += bytes;
    onEqual(bytes);
  });
  return same && equal === end - start ? response : undefined;
}
