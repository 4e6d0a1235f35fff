import { randomUUID } from "node:crypto";
import { createServer as createHttp1, type Server } from "node:http";
import { createServer as createHttp2, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, getRequestListener as listenerOf1 } from "@hono/node-server";
import { createOperations, type Operations } from "@meanwhile/operations";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { getRequestListener as listenerOf2 } from "hono-node-server-2";
import Koa from "koa";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { processing as forFetch } from "./fetch.ts";
import { processing as forHono, type HonoEnvironment } from "./hono.ts";
import { processing as forKoa } from "./koa.ts";
import type { ProcessingOptions, RouteOptions } from "./request/options.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { honoOptions, koaOptions } from "./testing/adapter/options-for.ts";
import { field, http1Client, http2Client, type TestClient } from "./testing/raw-client.ts";

type Protocol = "HTTP/1.1" | "HTTP/2";

interface App {
  /** An app with its middleware, what refines one route, and that route's handler, which answers with text. */
  serve(
    protocol: Protocol,
    operations: Operations,
    options: ProcessingOptions,
    route: RouteOptions,
    handler: () => Promise<string>,
  ): Server | Http2Server;
}

const koa: App = {
  serve(protocol, operations, options, route, handler) {
    const app = new Koa();
    app.use((context, next) => {
      context.set("Access-Control-Allow-Origin", "*");
      return next();
    });
    app.use(forKoa({ operations, ...koaOptions(options) }) as Koa.Middleware);
    app.use(forKoa({ operations, ...route }) as Koa.Middleware);
    app.use(async (context) => {
      context.body = await handler();
      context.set("X-Operation", String(context["operation"]?.id !== undefined));
    });
    return protocol === "HTTP/2" ? createHttp2(app.callback()) : createHttp1(app.callback());
  },
};

const hono: App = {
  serve(protocol, operations, options, route, handler) {
    const app = new Hono<HonoEnvironment>();
    app.use(cors());
    app.use(forHono({ operations, ...honoOptions(options) }));
    app.post("/", forHono({ operations, ...route }), async (c) => {
      const text = await handler();
      c.header("X-Operation", String(c.get("operation").id !== undefined));
      return c.text(text);
    });
    const given = { fetch: app.fetch, overrideGlobalObjects: false } as const;
    return protocol === "HTTP/2"
      ? (createAdaptorServer({ ...given, createServer: createHttp2 }) as Http2Server)
      : (createAdaptorServer(given) as Server);
  },
};

async function clientOf(server: Server | Http2Server, protocol: Protocol): Promise<TestClient> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
  onTestFinished(() => client.close());
  return client;
}

describe.each([
  ["Koa 3", koa, "HTTP/1.1"],
  ["Koa 3", koa, "HTTP/2"],
  ["Hono 4", hono, "HTTP/1.1"],
  ["Hono 4", hono, "HTTP/2"],
] as const)("%s", (_name, app, protocol) => {
  test(`a route refines what is mounted for all, over ${protocol}`, async () => {
    let finish: (text: string) => void = () => undefined;
    const handler = (): Promise<string> =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const route = { after: 1, expects: "1h" };
    const server = app.serve(protocol, createOperations(), { front: "none" }, route, handler);
    const client = await clientOf(server, protocol);
    const sent = client.send("POST", "/", { "User-Agent": "curl/8.5.0" }, "");
    expect((await sent.head()).status).toBe(102);
    finish("done");
    const seen = await sent.response();
    expect([seen.status, seen.content.toString(), field(seen, "x-operation")]).toEqual([200, "done", "true"]);
  });

  test(`what was set before it is on the handler's answer, and on a 202, over ${protocol}`, async () => {
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    let finish: (text: string) => void = () => undefined;
    let arrived: () => void = () => undefined;
    const runs = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const handler = (): Promise<string> => {
      arrived();
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    const client = await clientOf(app.serve(protocol, operations, {}, {}, handler), protocol);
    const alice = { Authorization: "Bearer alice" };
    const sent = client.send("POST", "/", { Prefer: "respond-async", ...alice }, "");
    await runs;
    timers.advance(100);
    const accepted = await sent.response();
    expect([accepted.status, field(accepted, "access-control-allow-origin")]).toEqual([202, "*"]);
    finish("done");
    await operations.idle();
    const outcome = `${new URL(field(accepted, "location") ?? "").pathname}/outcome`;
    const seen = await client.send("GET", outcome, alice).response();
    expect([seen.content.toString(), field(seen, "access-control-allow-origin")]).toEqual(["done", "*"]);
  });
});

const partOf = async (content: ReadableStream<Uint8Array> | null): Promise<void> => {
  const reader = content?.getReader();
  await reader?.read();
  await reader?.cancel();
};

describe.each([
  [
    "a fetch handler",
    (read: typeof partOf) => forFetch()(async ({ body }) => read(body).then(() => new Response("done"))),
  ],
  ...[listenerOf1, listenerOf2].map(
    (listenerOf, index) =>
      [
        `Hono on @hono/node-server ${index + 1}`,
        (read: typeof partOf) =>
          listenerOf(
            new Hono<HonoEnvironment>().use(forHono()).post("/", async (c) => {
              await read(c.req.raw.body);
              return c.text("done");
            }).fetch,
            { overrideGlobalObjects: false },
          ),
      ] as const,
  ),
] as const)("%s, HTTP/2", (_name, make) => {
  test.each([
    ["reads no content", async () => undefined],
    ["reads some of its content", partOf],
    ["cancels its content", async (content: ReadableStream<Uint8Array> | null) => content?.cancel()],
  ] as const)("that %s: the rest of it is not waited for (RFC 9113 §8.1)", async (_how, read) => {
    for (const key of [{}, { "Idempotency-Key": randomUUID() }]) {
      const served = await listen("HTTP/2", make(read));
      const client = http2Client(served.port);
      onTestFinished(async () => {
        client.close();
        await served.close();
      });
      const answer = await client.send("POST", "/", { ...key, "Content-Length": "100" }, "some").response();
      expect([answer.status, answer.content.toString()]).toEqual([200, "done"]);
    }
  });
});

describe.each([
  ["1", listenerOf1],
  ["2", listenerOf2],
] as const)(
  "@hono/node-server %s as it comes, with a Response in place of Node's",
  (_version, listenerOf) => {
    test.each(["HTTP/1.1", "HTTP/2"] as const)("sends each answer once, over %s", async (protocol) => {
      for (const name of ["Request", "Response"]) {
        const before = Object.getOwnPropertyDescriptor(globalThis, name) ?? {};
        onTestFinished(() => void Object.defineProperty(globalThis, name, before));
      }
      const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
      onTestFinished(() => log.mockRestore());
      const app = new Hono<HonoEnvironment>();
      app.use(forHono());
      app.post("/", (c) => c.text("made", 201));
      const served = await listen(protocol, listenerOf(app.fetch));
      const client = protocol === "HTTP/2" ? http2Client(served.port) : http1Client(served.port);
      onTestFinished(async () => {
        client.close();
        await served.close();
      });
      const key = { "Idempotency-Key": randomUUID() };
      for (const fields of [{}, key, key]) {
        const { status, content } = await client.send("POST", "/", fields, "x").response();
        expect([status, content.toString()]).toEqual([201, "made"]);
      }
      expect(log.mock.calls).toEqual([]);
    });
  },
);
