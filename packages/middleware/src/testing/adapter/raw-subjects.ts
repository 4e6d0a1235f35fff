/** Every adapter with one handler that has Node's own request and response in its hands. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import express from "express";
// @ts-expect-error: an alias has no types of its own; it is used as Express 5 is.
import untyped from "express4";
import createFastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { processing as forExpress } from "../../express.ts";
import { processing as forFastify } from "../../fastify.ts";
import { processing as forHono, type HonoEnvironment } from "../../hono.ts";
import { processing as forKoa } from "../../koa.ts";
import { processing as forNode } from "../../node.ts";
import type { HandlerOperation } from "../../request/handler-operation.ts";
import { operationOf } from "../../request/handler-operation.ts";
import type { ProcessingOptions } from "../../request/options.ts";
import type { AdapterProtocol, Served } from "./adapter-subject.ts";
import { listen } from "./node-app.ts";
import { fastifyOptions, honoOptions, koaOptions } from "./options-for.ts";

export type RawHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  operation: HandlerOperation,
) => unknown;

export interface RawSubject {
  readonly name: string;
  readonly protocols: readonly AdapterProtocol[];
  serve(protocol: AdapterProtocol, handler: RawHandler, options?: ProcessingOptions): Promise<Served>;
}

const both = ["HTTP/1.1", "HTTP/2"] as const;

export const rawSubjects: readonly RawSubject[] = [
  {
    name: "a wrapped handler",
    protocols: both,
    serve: (protocol, handler, options) =>
      listen(
        protocol,
        forNode(options)((request, response) => handler(request, response, operationOf(response))),
      ),
  },
  {
    // As an API route of Next.js runs connect-style middleware.
    name: "an API route",
    protocols: ["HTTP/1.1"],
    serve(protocol, handler, options) {
      const middleware = forNode(options);
      return listen(protocol, async (request: IncomingMessage, response: ServerResponse) => {
        await new Promise<void>((resolve, reject) =>
          middleware(request, response, (error) => (error ? reject(error) : resolve())),
        );
        await handler(request, response, operationOf(response));
      });
    },
  },
  ...[express, untyped as typeof express].map(
    (framework, index): RawSubject => ({
      name: `Express ${5 - index}`,
      protocols: ["HTTP/1.1"],
      serve(protocol, handler, options) {
        const app = framework();
        app.use(forExpress(options));
        app.use((request, response) => handler(request, response, operationOf(response)));
        return listen(protocol, app);
      },
    }),
  ),
  {
    name: "Fastify 5",
    protocols: both,
    async serve(protocol, handler, options) {
      const app = (protocol === "HTTP/2"
        ? createFastify({ http2: true, forceCloseConnections: true })
        : createFastify({ forceCloseConnections: true })) as unknown as FastifyInstance;
      app.register(forFastify(fastifyOptions(options)));
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", (_request, _content, done) => done(null));
      app.all("*", (request, reply) => {
        reply.hijack();
        void handler(request.raw, reply.raw, reply.operation);
      });
      await app.listen({ port: 0, host: "127.0.0.1" });
      const { port } = app.server.address() as AddressInfo;
      return { port, close: () => app.close() };
    },
  },
  {
    name: "Koa 3",
    protocols: both,
    serve(protocol, handler, options) {
      const app = new Koa();
      app.silent = true;
      app.use(forKoa(koaOptions(options)) as Koa.Middleware);
      app.use(async (context) => {
        context.respond = false;
        await handler(context.req, context.res, context["operation"]);
      });
      return listen(protocol, app.callback());
    },
  },
  {
    name: "Hono 4",
    protocols: both,
    serve(protocol, handler, options) {
      const app = new Hono<HonoEnvironment>();
      app.use(forHono(honoOptions(options)));
      app.all("*", async (c) => {
        await handler(c.env.incoming, c.env.outgoing, c.get("operation"));
        return new Response(null, { headers: { "x-hono-already-sent": "true" } });
      });
      return listen(protocol, getRequestListener(app.fetch, { overrideGlobalObjects: false }));
    },
  },
];
