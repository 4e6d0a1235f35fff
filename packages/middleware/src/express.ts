/** For Express 5 and 4. */
import type { Operations } from "@meanwhile/operations";
import type { NextFunction, Request, Response } from "express";
import { isInjected } from "./recording/injected.ts";
import type { ProcessingOptions } from "./request/options.ts";
import { createProcessor } from "./request/processor.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, ProcessingOptions, RouteOptions } from "./request/options.ts";

export interface ExpressProcessing {
  (request: Request, response: Response, next: NextFunction): void;
  readonly operations: Operations;
  /** Stops event streams and interim responses; call it after the operations were drained. */
  close(): void;
}

/**
 * Makes slow requests operations, and serves their status documents: `app.use(processing(operations))`, after what
 * authenticates and before what reads bodies. On a single route once more it refines `after`, `expects`, `idempotent`.
 *
 * @param operations default: its own, in memory
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(
  operations?: Operations,
  options: ProcessingOptions<Request> = {},
): ExpressProcessing {
  // The request of Express is the one of Node.
  const processor = createProcessor(operations, options as ProcessingOptions);
  const middleware = (request: Request, response: Response, next: NextFunction): void =>
    // An injected request has a response that Express cannot be given another one for.
    isInjected(response)
      ? next()
      : processor.enter(
          request,
          response,
          () => next(),
          next,
          onRoute(request, middleware) ? { mount: "route" } : {},
        );
  return Object.assign(middleware, {
    operations: processor.operations,
    close: () => processor.close(),
  });
}

/** Whether it is one of the handlers of a route, as both versions of Express keep them. */
function onRoute({ route }: Request, middleware: unknown): boolean {
  const stack: unknown = route?.stack;
  return Array.isArray(stack) && stack.some((layer) => layer?.handle === middleware);
}
