/** For node:http and node:http2, and for whatever takes connect-style middleware. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Http2ServerRequest } from "node:http2";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import { isInjected } from "./recording/injected.ts";
import type { ProcessingOptions } from "./request/options.ts";
import { createProcessor, type ProcessingControl } from "./request/processor.ts";
import { wrapHandler } from "./request/wrap-handler.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, ProcessingOptions, RouteOptions } from "./request/options.ts";

/** A handler as node:http knows it; it may be asynchronous, and may throw. On HTTP/2 its response is one of node:http, too. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface NodeProcessing extends ProcessingControl {
  /** Wraps a handler, of node:http or node:http2. */
  (handler: NodeHandler): (request: AnyRequest, response: AnyResponse) => void;
  /** As connect-style middleware, for HTTP/1.1 only. */
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}

/**
 * Makes slow requests operations, and serves their status documents.
 *
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(options: ProcessingOptions = {}): NodeProcessing {
  const processor = createProcessor(options);
  const mounted = (
    first: NodeHandler | IncomingMessage,
    response?: ServerResponse,
    next?: (error?: unknown) => void,
  ): unknown => {
    if (typeof first === "function")
      return wrapHandler(processor, first as Parameters<typeof wrapHandler>[1]);
    if (response === undefined || next === undefined) throw misuse();
    if (Object(first) instanceof Http2ServerRequest) next(noHttp2());
    // An injected request has a response that what follows cannot be given another one for.
    else if (isInjected(response)) next();
    else processor.enter(first, response, () => next(), next);
    return undefined;
  };
  return Object.assign(mounted, {
    operations: processor.operations,
    close: () => processor.close(),
  }) as NodeProcessing;
}

function misuse(): TypeError {
  return Object.assign(new TypeError("processing()() takes a handler, or a request, a response and next"), {
    code: "ERR_PROCESSING_MOUNT",
  });
}

function noHttp2(): TypeError {
  return Object.assign(
    new TypeError("on HTTP/2 processing() cannot be mounted as middleware: wrap the whole handler with it"),
    { code: "ERR_PROCESSING_HTTP2" },
  );
}
