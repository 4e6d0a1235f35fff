import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import createFastify, { type FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { processing } from "./fastify.ts";
import { field, http1Client, http2Client, type TestClient } from "./testing/raw-client.ts";

const protocols = ["HTTP/1.1", "HTTP/2"] as const;

function create(protocol: "HTTP/1.1" | "HTTP/2"): FastifyInstance {
  const app =
    protocol === "HTTP/1.1"
      ? createFastify({ forceCloseConnections: true })
      : (createFastify({ http2: true, forceCloseConnections: true }) as unknown as FastifyInstance);
  onTestFinished(() => app.close());
  return app;
}

async function clientOf(app: FastifyInstance, protocol: "HTTP/1.1" | "HTTP/2"): Promise<TestClient> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const client = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
  onTestFinished(() => client.close());
  return client;
}

const curl = { "User-Agent": "curl/8.5.0" };

test.each(protocols)(
  "a route refines what is registered for all by its config, over %s",
  async (protocol) => {
    const app = create(protocol);
    app.register(processing({ front: "none" }));
    let finish: () => void = () => undefined;
    const slow = { config: { processing: { after: 1, expects: "1h" } } };
    app.post("/slow", slow, (_request, reply) => {
      finish = () => void reply.send("done");
    });
    app.post("/other", (_request, reply) => reply.send("at once"));
    const client = await clientOf(app, protocol);
    const sent = client.send("POST", "/slow", curl);
    expect((await sent.head()).status).toBe(102);
    finish();
    expect((await sent.response()).content.toString()).toBe("done");
    expect((await client.send("POST", "/other", curl).response()).interims).toEqual([]);
  },
);

test.each(protocols)(
  "a route that may run again runs again where its operation was interrupted, over %s (RFC 9110 §9.2.2)",
  async (protocol) => {
    const app = create(protocol);
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    app.register(processing({ operations }));
    let runs = 0;
    app.post("/again", { config: { processing: { idempotent: true } } }, (_request, reply) => {
      runs += 1;
      reply.hijack();
      reply.raw.write("half");
      if (runs === 2) reply.raw.end(" and half");
    });
    const client = await clientOf(app, protocol);
    const key = { "Idempotency-Key": "0b5c9f2a-5a43-4bfa-9c0d-8f3b8e2a7d11" };
    const sent = client.send("POST", "/again", key);
    await sent.head();
    await sent.leave();
    while (operations.open > 0) {
      timers.advance(60_000);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const { port } = app.server.address() as AddressInfo;
    const other = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
    onTestFinished(() => other.close());
    const again = await other.send("POST", "/again", key).response();
    expect([again.content.toString(), runs]).toEqual(["half and half", 2]);
  },
);

test("options of a route that cannot be are refused at the start; of one that was there before, at its first request", async () => {
  const app = create("HTTP/1.1");
  const wrong = { config: { processing: { after: "soon" } } };
  app.post("/before", wrong, async () => "ran");
  app.register(processing());
  app.after(() => {
    expect(() => app.post("/after", wrong, async () => "ran")).toThrow(
      expect.objectContaining({ code: "ERR_PROCESSING_OPTION" }),
    );
  });
  const client = await clientOf(app, "HTTP/1.1");
  const seen = await client.send("POST", "/before").response();
  expect([seen.status, JSON.parse(seen.content.toString()).code]).toEqual([500, "ERR_PROCESSING_OPTION"]);
});

test.each(protocols)(
  "onResponse is told when the handler's response ends, not when its client is answered or leaves, over %s",
  async (protocol) => {
    const app = create(protocol);
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    app.register(processing({ operations }));
    let responses = 0;
    app.addHook("onResponse", async () => {
      responses += 1;
    });
    let finish: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      app.post("/", (_request, reply) => {
        finish = () => void reply.send("done");
        resolve();
      });
    });
    const client = await clientOf(app, protocol);
    const sent = client.send("POST", "/", { Prefer: "respond-async" });
    await arrived;
    timers.advance(100);
    expect((await sent.response()).status).toBe(202);
    await client.send("GET", "/nothing").response();
    expect(responses).toBe(1);
    finish();
    await operations.idle();
    while (responses < 2) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(responses).toBe(2);
  },
);

test.each(protocols)(
  "what hooks set before it is on a 202 and on status documents, over %s",
  async (protocol) => {
    const app = create(protocol);
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    app.addHook(
      "onRequest",
      async (_request, reply) => void reply.header("Access-Control-Allow-Origin", "*"),
    );
    app.register(processing({ operations }));
    const arrived = new Promise<void>((resolve) => {
      app.post("/", (_request, reply) => {
        reply.header("X-Handler", "1");
        resolve();
      });
    });
    const client = await clientOf(app, protocol);
    const alice = { Authorization: "Bearer alice" };
    const sent = client.send("POST", "/", { Prefer: "respond-async", ...alice });
    await arrived;
    timers.advance(100);
    const accepted = await sent.response();
    const document = await client
      .send("GET", new URL(field(accepted, "location") ?? "").pathname, alice)
      .response();
    for (const seen of [accepted, document]) {
      expect([field(seen, "access-control-allow-origin"), field(seen, "x-handler")]).toEqual([
        "*",
        undefined,
      ]);
    }
    operations.abandon();
  },
);
