import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { processing as expressProcessing } from "../express.ts";
import { processing as fastifyProcessing } from "../fastify.ts";
import { type HonoEnvironment, processing as honoProcessing } from "../hono.ts";
import { processing as koaProcessing } from "../koa.ts";
import { processing as nodeProcessing } from "../node.ts";

type Make = (metrics: Registry) => Server | Promise<Server>;

const options = (metrics: Registry) => ({ metrics, expects: "1s" });

const frameworks: readonly [name: string, route: string, make: Make][] = [
  [
    "Express",
    "/reports/:id",
    (metrics) => {
      const app = express();
      app.use(expressProcessing(options(metrics)));
      const router = express.Router();
      router.post("/:id", (_request, response) => void response.send("done"));
      app.use("/reports", router);
      return createServer(app);
    },
  ],
  [
    "Fastify",
    "/reports/:id",
    async (metrics) => {
      const app = fastify();
      await app.register(fastifyProcessing(options(metrics)));
      app.post("/reports/:id", async () => "done");
      await app.ready();
      return app.server;
    },
  ],
  [
    "Hono",
    "/reports/:id",
    (metrics) => {
      const app = new Hono<HonoEnvironment>();
      app.use(honoProcessing(options(metrics)));
      app.post("/reports/:id", (context) => context.text("done"));
      return createServer(getRequestListener(app.fetch) as RequestListener);
    },
  ],
  [
    "Koa, with what @koa/router tells",
    "/reports/:id",
    (metrics) => {
      const app = new Koa();
      app.use(koaProcessing(options(metrics)));
      app.use((context) => {
        Reflect.set(context, "_matchedRoute", "/reports/:id");
        context.body = "done";
      });
      return createServer(app.callback());
    },
  ],
  [
    "node:http, which has none",
    "",
    (metrics) =>
      createServer(nodeProcessing(options(metrics))((_request, response) => void response.end("done"))),
  ],
];

test.each(frameworks)("metrics name the route of %s as %s, not the path", async (_name, route, make) => {
  const metrics = new Registry();
  const server = await make(metrics);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/reports/42`, { method: "POST" });
  expect(await response.text()).toBe("done");
  expect(await metrics.getSingleMetricAsString("meanwhile_operation_duration_seconds")).toContain(
    `_count{method="POST",route="${route}",state="finished",status="2xx"} 1`,
  );
});
