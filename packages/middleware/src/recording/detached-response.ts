/** A response of its own for handlers on HTTP/2, whose compatibility objects cannot be taken off their streams. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { FacadeSocket } from "./facade-socket.ts";
import { attach } from "./move-response.ts";

/** Makes a response that writes to the facade, as handlers know them from node:http. */
export function detachedResponse(request: Http2ServerRequest, facade: FacadeSocket): ServerResponse {
  // As from HTTP/1.1: else it would take the client for one that cannot read chunks.
  const seen = { method: request.method, headers: request.headers, httpVersionMajor: 1, httpVersionMinor: 1 };
  const response = new ServerResponse(seen as IncomingMessage);
  Object.defineProperty(response, "req", { value: request, writable: true, configurable: true });
  attach(response, facade);
  return response;
}
