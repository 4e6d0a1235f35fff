/** A response of its own for handlers whose connection's cannot be taken off that: on HTTP/2, and where it was injected. */
import { type IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest } from "node:http2";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import type { FacadeSocket } from "../recording/facade-socket.ts";
import { holdStream } from "./hold-stream.ts";
import { attach } from "./move-response.ts";

/** Makes a response that writes to the facade, as handlers know them from node:http, with what was set on `wire` so far. */
export function detachResponse(request: AnyRequest, wire: AnyResponse, facade: FacadeSocket): ServerResponse {
  // As from HTTP/1.1: else it would take the client for one that cannot read chunks.
  const seen = { method: request.method, headers: request.headers, httpVersionMajor: 1, httpVersionMinor: 1 };
  const response = new ServerResponse(seen as IncomingMessage);
  Object.defineProperty(response, "req", { value: request, writable: true, configurable: true });
  response.statusCode = wire.statusCode;
  // Over HTTP/2 Node adds no length of its own accord.
  response.removeHeader("Content-Length");
  for (const [name, value] of Object.entries(wire.getHeaders())) {
    if (value === undefined || name.startsWith(":")) continue;
    response.setHeader(name, value);
    // What its handler takes away again is not to be sent.
    wire.removeHeader(name);
  }
  if (request instanceof Http2ServerRequest) holdStream(request);
  attach(response, facade);
  return response;
}
