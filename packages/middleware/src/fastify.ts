/** For Fastify 5, over HTTP/1.1 and HTTP/2. */

import type { AnyResponse } from "@meanwhile/interim";
import type {
  FastifyInstance,
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  HTTPMethods,
} from "fastify";
import { tellFieldsBefore } from "./answers/fields-before.ts";
import { Handling } from "./handling/handling.ts";
import { isInjected } from "./recording/injected.ts";
import { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
import {
  checkRouteOptions,
  type ProcessingOptions as OptionsOf,
  type RouteOptions,
} from "./request/options.ts";
import { type OwnRequests, ownRequests } from "./request/own-request.ts";
import { createProcessor, type ProcessingControl, type Processor } from "./request/processor.ts";
import type { StatusFields } from "./status/answer.ts";
import { defaultStatusPath } from "./status/place.ts";

export { type HandlerOperation, operationOf } from "./request/handler-operation.ts";
export type { Duration, ProcessingLimits, RouteOptions } from "./request/options.ts";

declare module "fastify" {
  interface FastifyReply {
    operation: HandlerOperation;
  }
  interface FastifyContextConfig {
    /** What of `processing` is refined for this route. */
    processing?: RouteOptions;
  }
}

/** `principal` and `when` get the request of Fastify. */
export type ProcessingOptions = OptionsOf<FastifyRequest>;

/** A plugin. `app.close()` closes it, too. */
export type FastifyProcessing = FastifyPluginCallback & ProcessingControl;

/**
 * Makes slow requests operations, and serves their status documents: `app.register(processing())`, for all routes of
 * the app that it is registered in. The operation is `reply.operation`. A route refines it by
 * `config: { processing: { after, expects, idempotent } }`.
 *
 * @throws {TypeError} `ERR_PROCESSING_OPTION` for options that cannot be; `ERR_PROCESSING_MOUNT` where it is registered
 *   itself, in place of what it returns
 */
export function processing(options: ProcessingOptions = {}): FastifyProcessing {
  if ("addHook" in options) throw notCalled();
  const own = ownRequests(options);
  const processor = createProcessor(own.options);
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    serve(app, processor, own, options.path);
    done();
  };
  return Object.assign(plugin, {
    // Its hooks are the app's, not those of a context of its own.
    [Symbol.for("skip-override")]: true,
    operations: processor.operations,
    close: () => processor.close(),
  });
}

function notCalled(): TypeError {
  return Object.assign(
    new TypeError("processing: register what it returns: app.register(processing(options))"),
    { code: "ERR_PROCESSING_MOUNT" },
  );
}

function serve(
  app: FastifyInstance,
  processor: Processor,
  own: OwnRequests<FastifyRequest>,
  path: string | undefined,
): void {
  const mount = app.prefix.replace(/\/$/, "");
  serveBelow(app, mount, path);
  app.decorateReply("operation", {
    getter(this: FastifyReply) {
      return operationOf(this.raw);
    },
  });
  app.addHook("onRoute", ({ config }) => {
    if (config?.processing) checkRouteOptions(config.processing);
  });
  app.addHook("onRequest", (request, reply, next) => {
    const { config, url } = request.routeOptions;
    const proceed = (response: AnyResponse): void => {
      useResponse(reply, response as FastifyReply["raw"]);
      const operation = operationOf(response);
      try {
        if (config.processing && operation instanceof Handling) operation.refine(config.processing);
      } catch (error) {
        // A route that was there before the plugin: this is the first that is seen of it.
        next(error as Error);
        return;
      }
      next();
    };
    tellFieldsBefore(request.raw, () => setOn(reply));
    own.tell(request.raw, request);
    processor.enter(request.raw, reply.raw, proceed, (error) => next(error as Error), {
      mount,
      route: () => url,
    });
  });
  // Before Fastify waits for open connections: event streams end by this.
  app.addHook("preClose", () => processor.close());
}

/** In a context of its own, hooks run for its routes alone: there status documents are a route, which a hook answers. */
function serveBelow(app: FastifyInstance, mount: string, path = defaultStatusPath): void {
  const isRoot = Object.getPrototypeOf(app) === Object.prototype;
  const url = `${path}*`;
  if (isRoot || app.hasRoute({ method: "GET", url: mount + url })) return;
  app.route({
    method: app.supportedMethods as HTTPMethods[],
    url,
    schema: { hide: true } as object,
    handler: (_request, reply) => reply.callNotFound(),
  });
}

function setOn(reply: FastifyReply): StatusFields {
  const set = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)] as const],
  );
  return Object.fromEntries(set);
}

/** On HTTP/2, and where it was injected, the handler's response is another one than the stream's: what waits for the end of that waits for its own. */
function useResponse(reply: FastifyReply, response: FastifyReply["raw"]): void {
  const { raw } = reply;
  if (raw === response) return;
  for (const event of ["finish", "error"]) {
    for (const listener of raw.rawListeners(event) as (() => void)[]) {
      // What light-my-request waits for by `once` is the end of what it injected.
      if (isInjected(raw) && "listener" in listener) continue;
      raw.removeListener(event, listener);
      response.on(event, listener);
    }
  }
  reply.raw = response;
}
