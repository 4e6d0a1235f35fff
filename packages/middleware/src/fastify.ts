/** For Fastify 5, over HTTP/1.1. */
import type { Operations } from "@meanwhile/operations";
import type { FastifyPluginCallback, FastifyReply } from "fastify";
import { type HandlerOperation, operationOf } from "./processing/handler-operation.ts";
import type { ProcessingOptions } from "./processing/options.ts";
import { createProcessor } from "./processing/processor.ts";

export { type HandlerOperation, operationOf } from "./processing/handler-operation.ts";
export type { Duration, ProcessingLimits, ProcessingOptions, RouteOptions } from "./processing/options.ts";

declare module "fastify" {
  interface FastifyReply {
    operation: HandlerOperation;
  }
}

export interface FastifyProcessingOptions extends ProcessingOptions {
  /** Default: its own, in memory. */
  readonly operations?: Operations;
}

const plugin: FastifyPluginCallback<FastifyProcessingOptions> = (app, options, done) => {
  const { operations, ...others } = options;
  const processor = createProcessor(operations, others);
  app.decorateReply("operation", {
    getter(this: FastifyReply) {
      return operationOf(this.raw);
    },
  });
  app.addHook("onRequest", (request, reply, next) => {
    processor.enter(
      request.raw,
      reply.raw,
      () => next(),
      (error) => next(error as Error),
    );
  });
  app.addHook("onClose", (_app, closed) => {
    processor.close();
    closed();
  });
  done();
};

/**
 * Makes slow requests operations, and serves their status documents: `app.register(processing, { operations })`, for
 * all routes of the app that it is registered in. The operation is `reply.operation`.
 */
export const processing: FastifyPluginCallback<FastifyProcessingOptions> = Object.assign(plugin, {
  // Its hooks are the app's, not those of a context of its own.
  [Symbol.for("skip-override")]: true,
});
