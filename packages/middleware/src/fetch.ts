/** For handlers as fetch knows them, on node:http and node:http2. */
import type { ServerResponse } from "node:http";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import { type HandlerOperation, inertOperation, operationOf } from "./request/handler-operation.ts";
import type { ProcessingOptions } from "./request/options.ts";
import { createProcessor, type ProcessingControl } from "./request/processor.ts";
import { wrapHandler } from "./request/wrap-handler.ts";
import { whenAborted } from "./waiting/listeners.ts";
import { sendResponse } from "./web/send-response.ts";
import { webRequest } from "./web/web-request.ts";

export type { HandlerOperation } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, ProcessingOptions, RouteOptions } from "./request/options.ts";

/**
 * A handler as fetch knows it. `request.signal` is aborted when `operation.signal` is, and, as long as the request is no
 * operation, when its client leaves.
 */
export type FetchHandler = (request: Request, operation: HandlerOperation) => Response | Promise<Response>;

export interface FetchProcessing extends ProcessingControl {
  /** Wraps a handler, as the listener of node:http or node:http2. */
  (handler: FetchHandler): (request: AnyRequest, response: AnyResponse) => void;
}

/**
 * Makes slow requests operations, and serves their status documents:
 * `createServer(processing()((request, operation) => Response.json(...)))`.
 *
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(options: ProcessingOptions = {}): FetchProcessing {
  const processor = createProcessor(options);
  const wrap = (handler: FetchHandler): ReturnType<FetchProcessing> =>
    wrapHandler(processor, (request, response) => {
      const url = processor.urlOf(request);
      return answer(handler, request, url, response);
    });
  return Object.assign(wrap, {
    operations: processor.operations,
    close: () => processor.close(),
  });
}

async function answer(
  handler: FetchHandler,
  request: AnyRequest,
  url: string,
  response: ServerResponse,
): Promise<void> {
  const operation = operationOf(response);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const wanted = webRequest(request, url, controller.signal);
  if (wanted === undefined) {
    response.writeHead(501).end();
    return;
  }
  response.once("close", abort);
  if (operation !== inertOperation) whenAborted(operation.signal, abort);
  await sendResponse(await handler(wanted, operation), response);
  response.removeListener("close", abort);
}
