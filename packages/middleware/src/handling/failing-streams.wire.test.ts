import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { createOperations, type Operations } from "@meanwhile/operations";
import express from "express";
import createFastify from "fastify";
import { Hono } from "hono";
import { stream as honoStream } from "hono/streaming";
import Koa from "koa";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { processing as forExpress } from "../express.ts";
import { processing as forFastify } from "../fastify.ts";
import { processing as forFetch } from "../fetch.ts";
import { processing as forHono, type HonoEnvironment } from "../hono.ts";
import { processing as forKoa } from "../koa.ts";
import type { HandlerOperation } from "../request/handler-operation.ts";
import { operationOf } from "../request/handler-operation.ts";
import { alice, documentPath } from "../testing/adapter/adapter-scene.ts";
import { listen } from "../testing/adapter/node-app.ts";
import { http1Client, http2Client } from "../testing/raw-client.ts";

const died: unknown[] = [];
const collect = (error: unknown): void => void died.push(error);
beforeEach(() => {
  died.length = 0;
  process.on("uncaughtException", collect).on("unhandledRejection", collect);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  process.off("uncaughtException", collect).off("unhandledRejection", collect);
  vi.restoreAllMocks();
});

/** Says something, and fails when the operation is told to stop. */
function untilStopped({ signal }: HandlerOperation): Readable {
  const source = new Readable({ read: () => undefined });
  source.push("begun");
  signal.addEventListener("abort", () => source.destroy(new Error("stopped")));
  return source;
}

const web = (source: Readable): ReadableStream => Readable.toWeb(source) as ReadableStream;

/** Each framework's own way to answer with a stream. */
const apps: Readonly<Record<string, (operations: Operations, wait: Promise<void>) => unknown>> = {
  Express: (operations, wait) =>
    express()
      .use(forExpress({ operations }))
      .post("/", async (_request, response) => {
        await wait;
        untilStopped(operationOf(response))
          .on("error", (error) => response.destroy(error))
          .pipe(response);
      }),
  Koa: (operations, wait) => {
    const app = new Koa();
    app.silent = true;
    app.use(forKoa({ operations }) as Koa.Middleware);
    app.use(async (context) => {
      await wait;
      context.body = untilStopped(context["operation"]);
    });
    return app.callback();
  },
  Fastify: async (operations, wait) => {
    const app = createFastify();
    app.register(forFastify({ operations }));
    app.addContentTypeParser("*", (_request, _content, done) => done(null));
    app.post("/", async (_request, reply) => {
      await wait;
      return reply.send(untilStopped(reply.operation));
    });
    await app.ready();
    return app.routing;
  },
  Hono: (operations, wait) =>
    getRequestListener(
      new Hono<HonoEnvironment>().use(forHono({ operations })).post("/", async (c) => {
        await wait;
        return c.body(web(untilStopped(c.get("operation"))));
      }).fetch,
      { overrideGlobalObjects: false },
    ),
  "Hono's streaming": (operations, wait) =>
    getRequestListener(
      new Hono<HonoEnvironment>().use(forHono({ operations })).post("/", async (c) => {
        await wait;
        return honoStream(c, (out) => out.pipe(web(untilStopped(c.get("operation")))));
      }).fetch,
      { overrideGlobalObjects: false },
    ),
  fetch: (operations, wait) =>
    forFetch({ operations })(async (_request, operation) => {
      await wait;
      return new Response(web(untilStopped(operation)));
    }),
};

describe.each(Object.entries(apps))("%s", (name, make) => {
  const protocols = ["Koa", "fetch"].includes(name)
    ? (["HTTP/1.1", "HTTP/2"] as const)
    : (["HTTP/1.1"] as const);
  test.each(protocols)(
    "whose content fails when a DELETE stops it: the process lives, and it ends, %s",
    async (protocol) => {
      const operations = createOperations();
      let go = (): void => undefined;
      const wait = new Promise<void>((resolve) => {
        go = resolve;
      });
      const served = await listen(protocol, await make(operations, wait));
      const client = protocol === "HTTP/2" ? http2Client(served.port) : http1Client(served.port);
      onTestFinished(async () => {
        client.close();
        await served.close();
      });
      const accepted = await client
        .send("POST", "/", { Prefer: "respond-async, wait=0", ...alice }, "x")
        .response();
      expect(accepted.status).toBe(202);
      go();
      const document = documentPath(accepted);
      for (let count = 0; count < 3; count += 1) await client.send("GET", document, alice).response();
      expect((await client.send("DELETE", document, alice).response()).status).toBe(202);
      await operations.idle();
      const shown = JSON.parse((await client.send("GET", document, alice).response()).content.toString());
      // Hono's streaming takes errors for itself, and ends in peace.
      expect(shown.state).toBe(name === "Hono's streaming" ? "finished" : "cancelled");
      expect(died).toEqual([]);
    },
  );
});
