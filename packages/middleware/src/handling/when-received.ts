/** When a request was received to its end, whether or not anybody has read it. */
import { constants } from "node:http2";
import type { AnyRequest, Exchange } from "@meanwhile/interim";
import { wasCutOff } from "../detaching/hold-stream.ts";

/**
 * Calls back once the complete request was received, at once where it was; never where the client breaks off. On
 * HTTP/2 content goes with its stream when that is answered: there it has to be with the request, which takes as much
 * as its buffer holds, and the rest when the handler reads.
 */
export function whenReceived(exchange: Exchange, listener: () => void): void {
  const { request } = exchange;
  if (isReceived(exchange)) {
    listener();
    return;
  }
  const push = request.push;
  request.push = (piece: unknown, encoding?: BufferEncoding): boolean => {
    const more = push.call(request, piece, encoding);
    // Node says so at the end of the message.
    if (piece === null) process.nextTick(() => isReceived(exchange) && listener());
    return more;
  };
  if ("stream" in request) request.read(0);
}

function isReceived({ request, requestComplete }: Exchange): boolean {
  return "stream" in request ? endedInPeace(request.stream) : requestComplete;
}

/** Whether all content of a stream was handed to its request. A reset ends streams as well. */
export function endedInPeace(stream: Extract<AnyRequest, { readonly stream: unknown }>["stream"]): boolean {
  if (stream.endAfterHeaders) return true;
  // Once the final response is out, Node no longer calls a stream that is reset aborted.
  const isReset = stream.aborted || (stream.rstCode ?? 0) !== constants.NGHTTP2_NO_ERROR;
  return stream.readableEnded && !isReset && !wasCutOff(stream);
}
