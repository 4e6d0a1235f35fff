import type { LongRequest } from "../../operation/long-request.ts";
import type { RequestContent } from "../../send/send.ts";
import { change } from "../change.ts";
import type { Change, Place, PutOptions } from "../dav-client.ts";
import type { VerbContext } from "../verb-context.ts";
import { keptUpload, leastKept } from "./kept-upload.ts";
import { positionedContent } from "./positioned-content.ts";
import { leastResumable, resumingUpload } from "./resuming-upload.ts";

/**
 * Puts content (RFC 9110 §9.3.4, RFC 4918 §9.7). Its progress is bytes sent, then what the server makes of them.
 *
 * Large content goes to a server that keeps uploads in parts, and after a lost connection on from where the server has it.
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
  const headers = {
    ...(type === undefined ? {} : { "Content-Type": type }),
    // ownCloud's field, which other servers pass over.
    ...(options.modifiedMs === undefined
      ? {}
      : { "X-OC-Mtime": String(Math.floor(options.modifiedMs / 1000)) }),
  };
  const again = positionedContent(content);
  const resume =
    again === undefined || again.length < leastResumable
      ? {}
      : { resume: resumingUpload(context, { url, content: again, options }) };
  const upload =
    again === undefined || again.length < leastKept
      ? {}
      : {
          upload: keptUpload({
            url,
            content: again,
            whole: content,
            memory: options.memory,
            ...context.uploads,
          }),
        };
  return change(
    context,
    { method: "PUT", url, headers, content, ...resume, ...upload, changed: [url] },
    options,
  );
}
