/** Ends a response so that nobody takes it for a whole one. */
import { constants, Http2ServerResponse } from "node:http2";
import type { AnyResponse } from "@meanwhile/interim";

/** On HTTP/2, Node's own `destroy` resets the stream with NO_ERROR, which says that nothing is missing. */
export function breakOff(response: AnyResponse): void {
  if (response instanceof Http2ServerResponse) response.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else response.destroy();
}
