import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { createOperations, type Operations } from "@meanwhile/operations";
import express from "express";
// @ts-expect-error: an alias has no types of its own; it is used as Express 5 is.
import untyped from "express4";
import createFastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { processing as forExpress } from "../express.ts";
import { processing as forFastify } from "../fastify.ts";
import { processing as forHono, type HonoEnvironment } from "../hono.ts";
import { processing as forKoa } from "../koa.ts";
import { processing as forNode } from "../node.ts";
import { alice } from "../testing/adapter/adapter-scene.ts";
import { listen } from "../testing/adapter/node-app.ts";
import { fastifyOptions, honoOptions, koaOptions } from "../testing/adapter/options-for.ts";
import { field, http1Client, type TestClient } from "../testing/raw-client.ts";
import { patternMount, prefixOf } from "./mount.ts";
import type { ProcessingOptions } from "./options.ts";

const express4 = untyped as typeof express;

/** Handlers wait until the test has got its 202. */
let goOn: () => void;
let letGo: Promise<void>;
beforeEach(() => {
  letGo = new Promise((resolve) => {
    goOn = resolve;
  });
});

/** Serves an app in which POST /api/things is slow. */
type Serve = (operations: Operations, options?: ProcessingOptions) => unknown;

const inExpress =
  (make: typeof express, how: "path" | "router" | "routed app" | "wrapped"): Serve =>
  (operations, options) => {
    const app = make();
    const slow = (_request: unknown, response: { end(content: string): void }) =>
      void letGo.then(() => response.end("done"));
    if (how === "path") {
      app.use("/api", forExpress({ operations, ...options }));
      app.post("/api/things", slow);
    } else if (how === "router") {
      const router = make.Router();
      router.use(forExpress({ operations, ...options }));
      router.post("/things", slow);
      app.use("/api", router);
    } else if (how === "routed app") {
      const inner = make();
      inner.use(forExpress({ operations, ...options }));
      inner.post("/things", slow);
      app.use("/api", inner);
    } else {
      app.use(
        "/api",
        forNode({ operations, ...options })((_request, response) => slow(undefined, response)),
      );
    }
    return app;
  };

const inHono =
  (how: "path" | "app"): Serve =>
  (operations, options) => {
    const app = new Hono<HonoEnvironment>();
    const slow = async () => {
      await letGo;
      return new Response("done");
    };
    if (how === "path") {
      app.use("/api/*", forHono({ operations, ...honoOptions(options) }));
      app.post("/api/things", slow);
    } else {
      const inner = new Hono<HonoEnvironment>();
      inner.use(forHono({ operations, ...honoOptions(options) }));
      inner.post("/things", slow);
      app.route("/:version", inner);
    }
    return getRequestListener(app.fetch, { overrideGlobalObjects: false });
  };

/** As koa-mount does it. */
const inKoa: Serve = (operations, options) => {
  const app = new Koa();
  const inner = forKoa({ operations, ...koaOptions(options) }) as Koa.Middleware;
  app.use(async (context, next) => {
    if (!context.path.startsWith("/api")) return next();
    const before = context.path;
    context.path = context.path.slice("/api".length) || "/";
    await inner(context as never, async () => {
      context.path = before;
      await next();
    });
    return undefined;
  });
  app.use(async (context) => {
    await letGo;
    context.body = "done";
  });
  return app.callback();
};

/** As connect does it. */
const inConnect: Serve = (operations, options) => {
  const middleware = forNode({ operations, ...options });
  return (request: IncomingMessage, response: ServerResponse) => {
    const { url = "" } = request;
    Object.assign(request, { originalUrl: url, url: url.slice("/api".length) });
    middleware(request, response, () => void letGo.then(() => response.end("done")));
  };
};

const inFastify =
  (prefix: string | undefined): Serve =>
  async (operations, options) => {
    const app = createFastify();
    app.register(
      async (inner) => {
        await inner.register(forFastify({ operations, ...fastifyOptions(options) }));
        inner.post(prefix === undefined ? "/api/things" : "/things", async () => {
          await letGo;
          return "done";
        });
      },
      prefix === undefined ? {} : { prefix },
    );
    await app.ready();
    return app.routing;
  };

const mounts: Readonly<Record<string, Serve>> = {
  "a path of Express 5": inExpress(express, "path"),
  "a path of Express 4": inExpress(express4, "path"),
  "a router of Express 5": inExpress(express, "router"),
  "a router of Express 4": inExpress(express4, "router"),
  "an app in an app of Express 5": inExpress(express, "routed app"),
  "a wrapped handler in Express 5": inExpress(express, "wrapped"),
  "a path of Hono": inHono("path"),
  "an app in an app of Hono, with a parameter": inHono("app"),
  "a path of Koa": inKoa,
  "a path of connect": inConnect,
  "a context of Fastify": inFastify("/api"),
  "a context of Fastify without a prefix": inFastify(undefined),
};

async function connectTo(listener: unknown): Promise<TestClient> {
  const served = await listen("HTTP/1.1", await listener);
  const client = http1Client(served.port);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  return client;
}

afterEach(() => vi.restoreAllMocks());

describe.each(Object.entries(mounts))("mounted on %s", (_name, serve) => {
  test("the Location of a 202 is served, to its end", async () => {
    const operations = createOperations();
    const client = await connectTo(serve(operations));
    const accepted = await client
      .send("POST", "/api/things?a=1", { Prefer: "respond-async, wait=0", ...alice }, "")
      .response();
    expect(accepted.status).toBe(202);
    const { pathname, href } = new URL(field(accepted, "location") ?? "");
    expect(JSON.parse(accepted.content.toString())).toMatchObject({
      href,
      target: "http://api.example/api/things",
    });
    goOn();
    const shown = await client.send("GET", pathname, { Prefer: "wait=10", ...alice }).response();
    expect(JSON.parse(shown.content.toString())).toMatchObject({
      href,
      outcome: { status: 200, href: `${href}/outcome` },
    });
    const outcome = await client.send("GET", `${pathname}/outcome`, alice).response();
    expect(outcome.content.toString()).toBe("done");
    const list = await client.send("GET", pathname.slice(0, pathname.lastIndexOf("/") + 1), alice).response();
    expect(JSON.parse(list.content.toString()).operations[0].href).toBe(href);
    expect((await client.send("DELETE", pathname, alice).response()).status).toBe(204);
    expect((await client.send("GET", pathname, alice).response()).status).toBe(404);
  });

  const always = { when: () => true };
  const here = { when: ({ url = "" }) => !url.includes("elsewhere") };
  const posts = { when: ({ method = "" }) => method === "POST" };
  test.each<[string, ProcessingOptions, string, string | undefined]>([
    ["no rule", {}, "/api/things", "1"],
    ["a rule of paths", here, "/api/things", "1"],
    ["a rule of paths", here, "/api/elsewhere", undefined],
    ["a rule of methods", posts, "/api/things", undefined],
    ["a rule that takes all", always, "/api/things", "1"],
  ])("OPTIONS tells the truth with %s (%#)", async (_rule, options, path, expected) => {
    goOn();
    const client = await connectTo(serve(createOperations(), options));
    const seen = await client.send("OPTIONS", path).response();
    if (seen.status !== 404 || expected === undefined) expect(field(seen, "operations")).toBe(expected);
  });
});

test.each<[string, Serve]>([
  [
    "Express 5",
    (operations) =>
      express().post("/", forExpress({ operations }), (_request, response) => void response.send("done")),
  ],
  [
    "Express 4",
    (operations) =>
      express4().post("/", forExpress({ operations }), (_request, response) => void response.send("done")),
  ],
  [
    "Hono",
    (operations) =>
      listenerOf(new Hono<HonoEnvironment>().post("/", forHono({ operations }), (c) => c.text("done"))),
  ],
  [
    "Hono, by its path",
    (operations) => listenerOf(new Hono<HonoEnvironment>().use("/", forHono({ operations }))),
  ],
])("on a route of %s alone it is refused", async (_name, serve) => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const client = await connectTo(serve(createOperations()));
  expect((await client.send("POST", "/", {}, "").response()).status).toBe(500);
});

test.each([express, express4])(
  "on a route beside the app's it refines, also what the app's did not select",
  async (make) => {
    const operations = createOperations();
    const app = make();
    app.all("*path", (_request, _response, next) => next());
    app.use(forExpress({ operations }));
    app.get("/slow", forExpress({ operations, when: () => true }), (_request, response) => {
      void letGo.then(() => response.send("done"));
    });
    const client = await connectTo(app);
    const accepted = await client.send("GET", "/slow", { Prefer: "respond-async, wait=0" }).response();
    expect(accepted.status).toBe(202);
    goOn();
    const { pathname } = new URL(field(accepted, "location") ?? "");
    expect((await client.send("GET", pathname).response()).status).toBe(200);
  },
);

test.each([
  ["/api/things", "/things", "/api"],
  ["/api", "/", "/api"],
  ["/api/", "/", "/api"],
  ["/things", "/things", ""],
  ["/a", "/b", ""],
])("%s without %s is mounted on %j", (path, rest, mount) => expect(prefixOf(path, rest)).toBe(mount));

test.each([
  ["*", "/a", ""],
  ["/*", "/a", ""],
  ["/api/*", "/api/things", "/api"],
  ["/api/*", "/api", "/api"],
  ["/:tenant/api/*", "/one/api/things", "/one/api"],
  ["/things", "/things", "route"],
])("the pattern %s of %s is mounted on %j", (pattern, path, mount) =>
  expect(patternMount(pattern, path)).toBe(mount),
);

function listenerOf(app: Hono<HonoEnvironment>): unknown {
  app.onError(() => new Response("failed", { status: 500 }));
  return getRequestListener(app.fetch, { overrideGlobalObjects: false });
}
