/** For Hono 4 on `@hono/node-server` 1 and 2, over HTTP/1.1 and HTTP/2. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { AnyResponse } from "@meanwhile/interim";
import type { Context, Env, MiddlewareHandler, Next } from "hono";
import { tellFieldsBefore } from "./answers/fields-before.ts";
import { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
import { patternMount } from "./request/mount.ts";
import type { ProcessingOptions as OptionsOf } from "./request/options.ts";
import { ownRequests } from "./request/own-request.ts";
import { createProcessor, type ProcessingControl } from "./request/processor.ts";
import type { StatusFields } from "./status/answer.ts";
import { sendResponse } from "./web/send-response.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, RouteOptions } from "./request/options.ts";

/** What `@hono/node-server` gives to handlers, and what we add. */
export interface HonoEnvironment {
  Bindings: { readonly incoming: IncomingMessage; outgoing: ServerResponse };
  Variables: { operation: HandlerOperation };
}

/**
 * `principal` and `when` get the context.
 *
 * @typeParam E what the application has in its context
 */
export type ProcessingOptions<E extends Env = HonoEnvironment> = OptionsOf<Context<E>>;

/** The middleware for `app.use()`. */
export type HonoProcessing = MiddlewareHandler<HonoEnvironment> & ProcessingControl;

/**
 * Makes slow requests operations, and serves their status documents: `app.use(processing())`. The operation
 * is `c.get("operation")`.
 *
 * @typeParam E what the application has in its context
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be
 */
export function processing<E extends Env = HonoEnvironment>(
  options: ProcessingOptions<E> = {},
): HonoProcessing {
  const asking = ownRequests(options);
  const processor = createProcessor(asking.options);
  const middleware: MiddlewareHandler<HonoEnvironment> = (context, next) =>
    new Promise((resolve, reject) => {
      const { incoming, outgoing } = context.env;
      let proceeds = false;
      outgoing.once("close", () => {
        // It was answered without the handler.
        if (!proceeds) resolve(alreadySent());
      });
      const proceed = (response: AnyResponse): void => {
        proceeds = true;
        context.set("operation", operationOf(response));
        const handled = response === outgoing ? next() : writeTo(response as ServerResponse, context, next);
        handled.then(resolve, reject);
      };
      tellFieldsBefore(incoming, () => setOn(context));
      const { matchedRoutes, routeIndex, path } = context.req;
      const own = matchedRoutes[routeIndex];
      // What else its context has, the application says by E.
      asking.tell(incoming, context as object as Context<E>);
      processor.enter(incoming, outgoing, proceed, reject, {
        mount: own === undefined ? "" : own.method === "ALL" ? patternMount(own.path, path) : "route",
        route: () => context.req.matchedRoutes.at(-1)?.path,
      });
    });
  return Object.assign(middleware, {
    operations: processor.operations,
    close: () => processor.close(),
  });
}

/**
 * On HTTP/2 the handler's response is another one than the stream's, which `@hono/node-server` would write to: we write
 * it, and let that wait until all of it is out, lest it resets what is under way. Then it ends content that was not read.
 */
async function writeTo(
  response: ServerResponse,
  context: Context<HonoEnvironment>,
  next: Next,
): Promise<void> {
  const over = whenOver(context.env.outgoing);
  context.env.outgoing = response;
  await next();
  if (!context.res.headers.has(sentField)) {
    // As `@hono/node-server` has it where nothing is said.
    if (context.res.body !== null) response.setHeader("content-type", "text/plain; charset=UTF-8");
    try {
      await sendResponse(context.res, response);
    } catch {
      // Its content failed: whoever waits, or asks later, is told so.
      response.destroy();
    }
  }
  await over;
  // What was set before would be taken over into what comes after it.
  context.res = undefined;
  context.res = alreadySent();
}

/** Resolves when the final response is out, or its client is gone. */
function whenOver(outgoing: ServerResponse | Http2ServerResponse): Promise<void> {
  const ends = "stream" in outgoing ? outgoing.stream : outgoing;
  return new Promise((resolve) => {
    ends.once("finish", () => resolve()).once("close", () => resolve());
  });
}

function setOn(context: Context<HonoEnvironment>): StatusFields {
  const { headers } = context.res;
  const cookies = headers.getSetCookie();
  const set = Object.fromEntries(headers);
  if (!context.finalized && Object.keys(set).length === 0) {
    // To look at it has made one, which Hono would copy the handler's into.
    context.res = undefined;
    context.finalized = false;
  }
  return cookies.length > 0 ? { ...set, "set-cookie": cookies } : set;
}

/** This is how `@hono/node-server` is told. */
const sentField = "x-hono-already-sent";

function alreadySent(): Response {
  const response = new Response(null, { headers: { [sentField]: "true" } });
  // The Response that version 2.0 puts in place of Node's is sent as it was made, unless its content was looked at.
  void response.body;
  return response;
}
