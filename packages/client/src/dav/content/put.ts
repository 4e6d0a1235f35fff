import type { LongRequest } from "../../operation/long-request.ts";
import type { RequestContent } from "../../send/send.ts";
import { change } from "../change.ts";
import type { Change, Place, PutOptions } from "../dav-client.ts";
import type { VerbContext } from "../verb-context.ts";
import { positionedContent } from "./positioned-content.ts";
import { leastResumable, resumingUpload } from "./resuming-upload.ts";

/**
 * Puts content (RFC 9110 §9.3.4, RFC 4918 §9.7). Its progress is bytes sent, then what the server makes of them.
 *
 * After a lost connection, large content goes on where it was, if the server takes partial updates and what arrived is
 * still there. The outcome then says 201 if `ifNoneMatch` was "*", else 204.
 */
export function put(
  context: VerbContext,
  place: Place,
  content: RequestContent,
  options: PutOptions = {},
): LongRequest<Change> {
  const url = context.places.url(place);
  const type =
    options.contentType ?? (content instanceof Blob && content.type !== "" ? content.type : undefined);
  const headers = type === undefined ? {} : { "Content-Type": type };
  const again = positionedContent(content);
  const resume =
    again === undefined || again.length < leastResumable
      ? {}
      : { resume: resumingUpload(context, { url, content: again, options }) };
  return change(context, { method: "PUT", url, headers, content, ...resume, changed: [url] }, options);
}
