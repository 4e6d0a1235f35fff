import type { RequestContent } from "../http/send.ts";
import type { LongRequest } from "../long-request/long-request.ts";
import { change } from "./change.ts";
import type { Change, Place, PutOptions } from "./dav-client.ts";
import type { VerbContext } from "./verb-context.ts";

/** Puts content (RFC 9110 §9.3.4, RFC 4918 §9.7). Its progress is bytes sent, then what the server makes of them. */
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
  return change(context, { method: "PUT", url, headers, content, changed: [url] }, options);
}
