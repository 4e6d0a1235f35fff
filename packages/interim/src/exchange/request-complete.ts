/** When the complete request was received: its content to the end. */
import type { AnyRequest } from "./exchange.ts";

/** Whether a request has content. RFC 9112 §6.3: a length or a coding declares it; on HTTP/2, all but what ends with its head. */
export function hasContent(request: AnyRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const length = request.headers["content-length"];
  if (request.headers["transfer-encoding"] !== undefined) return true;
  return length !== undefined && !/^0+$/.test(length);
}

/** Calls the listener at once if the request is complete, or when the content was read to its end; never when it is broken off. */
export function onceComplete(
  request: { once(event: "end", listener: () => void): unknown },
  exchange: { readonly requestComplete: boolean },
  listener: () => void,
): void {
  if (exchange.requestComplete) listener();
  else
    request.once("end", () => {
      if (exchange.requestComplete) listener();
    });
}
