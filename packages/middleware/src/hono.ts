/** For Hono 4 on `@hono/node-server`, over HTTP/1.1. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Operations } from "@meanwhile/operations";
import type { MiddlewareHandler } from "hono";
import { type HandlerOperation, operationOf } from "./processing/handler-operation.ts";
import type { ProcessingOptions } from "./processing/options.ts";
import { createProcessor } from "./processing/processor.ts";

export { type HandlerOperation, operationOf } from "./processing/handler-operation.ts";
export type { Duration, ProcessingLimits, ProcessingOptions, RouteOptions } from "./processing/options.ts";

/** What `@hono/node-server` gives to handlers, and what we add. */
export interface HonoEnvironment {
  Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
  Variables: { operation: HandlerOperation };
}

export type HonoProcessing = MiddlewareHandler<HonoEnvironment> & {
  readonly operations: Operations;
  /** Stops event streams and interim responses; call it after the operations were drained. */
  close(): void;
};

/**
 * Makes slow requests operations, and serves their status documents: `app.use(processing(operations))`. The operation
 * is `c.get("operation")`.
 *
 * @param operations default: its own, in memory
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(operations?: Operations, options: ProcessingOptions = {}): HonoProcessing {
  const processor = createProcessor(operations, options);
  const middleware: MiddlewareHandler<HonoEnvironment> = (context, next) =>
    new Promise((resolve, reject) => {
      const { incoming, outgoing } = context.env;
      let proceeds = false;
      outgoing.once("close", () => {
        // It was answered without the handler: this is how `@hono/node-server` is told.
        if (!proceeds) resolve(new Response(null, { headers: { "x-hono-already-sent": "true" } }));
      });
      const proceed = (): void => {
        proceeds = true;
        context.set("operation", operationOf(outgoing));
        next().then(resolve, reject);
      };
      processor.enter(incoming, outgoing, proceed, reject);
    });
  return Object.assign(middleware, {
    operations: processor.operations,
    close: () => processor.close(),
  });
}
