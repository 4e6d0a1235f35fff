import { HttpError } from "../../error/http-error.ts";
import { misuse } from "../../error/misuse.ts";
import { policies } from "../../repeat/policies.ts";
import { Repeating } from "../../repeat/repeating.ts";
import { discard } from "../../send/received-content.ts";
import type { Patience } from "../../send/send.ts";
import { conditionFields } from "../condition-fields.ts";
import type { Download, GetOptions, Place } from "../dav-client.ts";
import { ask } from "../exchange.ts";
import { malformed } from "../listing/read-multistatus.ts";
import { stat } from "../listing/stat.ts";
import { patienceOf, type VerbContext } from "../verb-context.ts";
import { type ContentFields, contentFields } from "./content-fields.ts";
import { type Portion, resumingContent } from "./resuming-content.ts";

/**
 * Gets the content of a resource, or a range of it (RFC 9110 §9.3.1, §14.2).
 *
 * @throws {HttpError} where the request failed: also 304 for a condition that says that nothing is new, and 416 where
 *   the range begins behind the end
 */
export async function get(context: VerbContext, place: Place, options: GetOptions = {}): Promise<Download> {
  const asked = context.places.url(place);
  const wanted = checkedRange(options.range);
  const patience = patienceOf(context, options);
  const repeating = new Repeating(policies.content, { surroundings: context.surroundings, patience });
  const headers: Record<string, string> = {
    // Ranges are ranges of the content as it is stored.
    "Accept-Encoding": "identity",
    ...conditionFields(options),
  };
  // None for the whole: some servers answer that with 206.
  if (wanted.start > 0 || wanted.end !== undefined)
    headers["Range"] = `bytes=${wanted.start}-${wanted.end ?? ""}`;
  const question = { method: "GET", url: asked, headers, patience };
  const { response, url } = await ask(context, question);
  const fields = contentFields(response);
  const portion = portionOf(response.status, fields, wanted);
  if (typeof portion === "string") {
    await discard(response);
    throw malformed({ method: "GET", url }, portion);
  }
  const { total } = portion;
  const { etag, modified, contentType } = fields;
  return {
    url,
    ...(portion.length === undefined ? {} : { length: portion.length }),
    ...(total === undefined ? {} : { total }),
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified }),
    ...(contentType === undefined ? {} : { contentType }),
    content: resumingContent({
      ...{ context, url, repeating, response, portion },
      listedLength: (left) => listedLength(context, url, left),
    }),
  };
}

/** Undefined also where the server has no listing, or none of this resource. */
async function listedLength(context: VerbContext, url: URL, patience: Patience): Promise<number | undefined> {
  try {
    return (await stat(context, url, patience)).length;
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

interface WantedRange {
  readonly start: number;
  readonly end: number | undefined;
}

function checkedRange(range: GetOptions["range"]): WantedRange {
  const { start, end } = { end: undefined, ...(range ?? { start: 0 }) };
  const valid = Number.isSafeInteger(start) && start >= 0;
  if (!valid || (end !== undefined && !(Number.isSafeInteger(end) && end >= start))) {
    throw misuse("ERR_RANGE", "a range has whole numbers, and its end is not before its start");
  }
  return { start, end };
}

/** What the response has of the resource; a sentence where it makes no sense. */
function portionOf(status: number, fields: ContentFields, wanted: WantedRange): Portion | string {
  const { range, isCoded: coded } = fields;
  if (status === 206) {
    // One range was asked: multipart/byteranges has no Content-Range.
    if (range === undefined) return "the 206 has no Content-Range of bytes";
    if (wanted.start === 0 && wanted.end === undefined) return "a 206 to a request without Range";
    if (range.start !== wanted.start || (wanted.end !== undefined && range.end > wanted.end)) {
      return "the 206 has another range than was asked for";
    }
    const length = range.end - range.start + 1;
    return { start: range.start, skip: 0, length, total: range.total, exact: true, coded };
  }
  if (status !== 200) return `it was answered ${status}`;
  // "A server MAY ignore the Range header field" (RFC 9110 §14.2).
  const total = coded ? undefined : fields.length;
  const end = wanted.end === undefined ? undefined : wanted.end + 1;
  const last = total === undefined ? end : Math.min(end ?? total, total);
  const length = total === undefined || last === undefined ? undefined : Math.max(last - wanted.start, 0);
  return {
    start: wanted.start,
    skip: wanted.start,
    length,
    atMost: end === undefined ? undefined : end - wanted.start,
    total,
    exact: end === undefined || end === total,
    coded,
  };
}
