/** For Express 5 and 4. */
import type { AnyRequest } from "@meanwhile/interim";
import type { NextFunction, Request, Response } from "express";
import { isInjected } from "./recording/injected.ts";
import type { ProcessingOptions as OptionsOf } from "./request/options.ts";
import { createProcessor, type ProcessingControl } from "./request/processor.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, RouteOptions } from "./request/options.ts";

/** `principal` and `when` get the request of Express. */
export type ProcessingOptions = OptionsOf<Request>;

export interface ExpressProcessing extends ProcessingControl {
  (request: Request, response: Response, next: NextFunction): void;
}

/**
 * Makes slow requests operations, and serves their status documents: `app.use(processing())`, after what
 * authenticates and before what reads bodies. On a single route once more it refines `after`, `expects`, `idempotent`.
 *
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(options: ProcessingOptions = {}): ExpressProcessing {
  // The request of Express is the one of Node.
  const processor = createProcessor(options as OptionsOf<AnyRequest>);
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
