/** For Koa 3, on node:http and node:http2. */
import type { ServerResponse } from "node:http";
import type { AnyResponse } from "@meanwhile/interim";
import type { Context, Middleware } from "koa";
import { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
import type { ProcessingOptions as OptionsOf } from "./request/options.ts";
import { ownRequests } from "./request/own-request.ts";
import { createProcessor, type ProcessingControl } from "./request/processor.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, RouteOptions } from "./request/options.ts";

/** `principal` and `when` get the context. */
export type ProcessingOptions = OptionsOf<Context>;

/** The middleware for `app.use()`. */
export type KoaProcessing = Middleware<unknown, { operation?: HandlerOperation }> & ProcessingControl;

/**
 * Makes slow requests operations, and serves their status documents: `app.use(processing())`, before what
 * reads bodies. The operation is `ctx.operation`.
 *
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing(options: ProcessingOptions = {}): KoaProcessing {
  const own = ownRequests(options);
  const processor = createProcessor(own.options);
  const middleware: Middleware<unknown, { operation?: HandlerOperation }> = (context, next) =>
    new Promise((resolve, reject) => {
      let proceeds = false;
      context.res.once("close", () => {
        if (proceeds) return;
        // It was answered without the handler.
        context.respond = false;
        resolve(undefined);
      });
      const proceed = (response: AnyResponse): void => {
        proceeds = true;
        useResponse(context, response as ServerResponse);
        context.operation = operationOf(response);
        resolve(next());
      };
      // koa-mount takes the path off that it is mounted on.
      const { originalUrl, url } = context;
      if (originalUrl !== url) Object.assign(context.req, { originalUrl });
      const onRoute = isOnRoute(context, middleware);
      own.tell(context.req, context as Context);
      processor.enter(context.req, context.res, proceed, reject, {
        ...(onRoute ? { mount: "route" } : {}),
        route: () => routeOf(context),
      });
    });
  return Object.assign(middleware, {
    operations: processor.operations,
    close: () => processor.close(),
  });
}

/** Whether it is one of the handlers of a route that `@koa/router` found. */
function isOnRoute(context: object, middleware: unknown): boolean {
  const matched: unknown = Reflect.get(context, "matched");
  return (
    Array.isArray(matched) && matched.some(({ stack }) => Array.isArray(stack) && stack.includes(middleware))
  );
}

/** As `@koa/router` tells it. */
function routeOf(context: object): string | undefined {
  const route: unknown = Reflect.get(context, "_matchedRoute");
  return typeof route === "string" ? route : undefined;
}

/** On HTTP/2 the handler's response is another one than the stream's. */
function useResponse(context: Pick<Context, "res" | "request" | "response">, response: ServerResponse): void {
  if (context.res === response) return;
  context.res = response;
  context.request.res = response;
  context.response.res = response;
}
