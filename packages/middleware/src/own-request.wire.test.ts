/** `principal` and `when` get the framework's own request: with its types, and with what was put there before. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { createOperations, type Operations } from "@meanwhile/operations";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { processing as onExpress } from "./express.ts";
import { processing as onFastify } from "./fastify.ts";
import { type HonoEnvironment, processing as onHono } from "./hono.ts";
import { processing as onKoa } from "./koa.ts";

interface User {
  readonly id: string;
}

declare module "express-serve-static-core" {
  interface Request {
    asking?: User;
  }
}
declare module "fastify" {
  interface FastifyRequest {
    asking?: User;
  }
}
interface Environment {
  Variables: HonoEnvironment["Variables"] & { asking: User };
  Bindings: HonoEnvironment["Bindings"];
}

const ann: User = { id: "ann" };

test("Express: the request", async () => {
  const app = express();
  app.use((request, _response, next) => {
    request.asking = ann;
    next();
  });
  const operations = createOperations();
  app.use(
    onExpress({
      operations,
      when: (request) => request.path === "/work",
      principal: (request) => request.asking?.id,
    }),
  );
  app.post("/work", (_request, response) => void response.end("done"));
  expect(await principalOn(await listen(app), operations)).toBe("ann");
});

test("Koa: the context", async () => {
  const app = new Koa();
  app.use((context, next) => {
    context.state["asking"] = ann;
    return next();
  });
  const operations = createOperations();
  app.use(
    onKoa({
      operations,
      when: (context) => context.path === "/work",
      principal: (context) => context.state["asking"]?.id,
    }),
  );
  app.use((context) => {
    context.body = "done";
  });
  expect(await principalOn(await listen(app.callback()), operations)).toBe("ann");
});

test("Hono: the context, with the application's variables", async () => {
  const app = new Hono<Environment>();
  app.use((context, next) => {
    context.set("asking", ann);
    return next();
  });
  const operations = createOperations();
  app.use(
    onHono<Environment>({
      operations,
      when: (context) => context.req.path === "/work",
      principal: (context) => {
        expectTypeOf(context.get("asking")).toEqualTypeOf<User>();
        return context.get("asking").id;
      },
    }),
  );
  app.post("/work", (context) => context.text("done"));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  expect(await principalOn(portOf(server.address()), operations)).toBe("ann");
});

test("Fastify: its request, with what decorates it", async () => {
  const app = fastify();
  app.decorateRequest("asking");
  app.addHook("onRequest", async (request) => {
    request.asking = ann;
  });
  const operations = createOperations();
  await app.register(
    onFastify({
      operations,
      when: (request) => request.routeOptions.url === "/work",
      principal: (request) => request.asking?.id,
    }),
  );
  app.post("/work", async () => "done");
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  expect(await principalOn(portOf(app.server.address()), operations)).toBe("ann");
});

/** Sends a request with a key. @returns whose its operation is */
async function principalOn(port: number, operations: Operations): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/work`, {
    method: "POST",
    headers: { "Idempotency-Key": '"one"', Connection: "close" },
  });
  expect(await response.text()).toBe("done");
  const [found] = await operations.list("ann", 1);
  return found?.principal;
}

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return portOf(server.address());
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  return address.port;
}
