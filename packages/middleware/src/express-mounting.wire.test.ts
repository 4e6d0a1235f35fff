import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import compression from "compression";
import express, { type Express } from "express";
import { expect, onTestFinished, test } from "vitest";
import { type ManualTimers, manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { currentOperation } from "./current.ts";
import { operationOf, processing } from "./express.ts";
import { chunk } from "./testing/adapter/adapter-subject.ts";
import { field, http1Client, type TestClient } from "./testing/raw-client.ts";

async function serve(app: Express): Promise<() => TestClient> {
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return () => {
    const client = http1Client((server.address() as AddressInfo).port);
    onTestFinished(() => client.close());
    return client;
  };
}

const key = { "Idempotency-Key": "6a3bd5a1-52c5-4f0e-93a1-2a2f8f4b5a10" };

test.each(["before", "after"])(
  "compression mounted %s: who asks is answered in its coding, who joins without it gets the plain content",
  async (where) => {
    const app = express();
    if (where === "before") app.use(compression({ threshold: 0 }));
    app.use(processing());
    if (where === "after") app.use(compression({ threshold: 0 }));
    let runs = 0;
    app.post("/", (_request, response) => {
      runs += 1;
      response.type("text").send(chunk);
    });
    const client = await serve(app);
    const coded = await client()
      .send("POST", "/", { ...key, "Accept-Encoding": "gzip" }, "")
      .response();
    expect(field(coded, "content-encoding")).toBe("gzip");
    expect(coded.content.length).toBeLessThan(chunk.length / 10);
    const joined = await client().send("POST", "/", key, "").response();
    expect(field(joined, "content-encoding")).toBeUndefined();
    expect(joined.content.toString()).toBe(chunk);
    expect(runs).toBe(1);
  },
);

test("a key whose content was read before is refused with the order to mount in", async () => {
  const app = express();
  app.use(express.json());
  app.use(processing());
  app.post("/", (_request, response) => void response.send("ran"));
  app.use((error: Error & { code?: string }, _q: unknown, response: express.Response, _n: unknown) => {
    response.status(500).send(`${error.code} ${error.message}`);
  });
  const client = await serve(app);
  const json = { ...key, "Content-Type": "application/json" };
  const refused = await client().send("POST", "/", json, "{}").response();
  expect(refused.content.toString()).toMatch(/^ERR_CONTENT_CONSUMED .*mount processing\(\) before/);
  expect((await client().send("POST", "/", key, "").response()).content.toString()).toBe("ran");
});

test("currentOperation is the request's operation in deep code, and inert outside", async () => {
  const app = express();
  app.use(processing());
  const seen: boolean[] = [];
  app.all("/", async (_request, response) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(currentOperation() === operationOf(response), currentOperation().id === undefined);
    response.end();
  });
  const client = await serve(app);
  await client().send("POST", "/", { Prefer: "respond-async, wait=9" }, "").response();
  await client().send("GET", "/").response();
  expect(seen).toEqual([true, false, true, true]);
  expect(currentOperation().id).toBeUndefined();
});

test("a route refines what is mounted for all", async () => {
  const app = express();
  const operations = createOperations();
  app.use(processing({ operations, front: "none" }));
  let finish: () => void = () => undefined;
  const route = processing({ operations, after: 1, expects: "1h" });
  app.post("/slow", route, (_request, response) => {
    finish = () => void response.send("done");
  });
  const client = await serve(app);
  const sent = client().send("POST", "/slow", { "User-Agent": "curl/8.5.0" }, "");
  const interim = await sent.head();
  expect(interim.status).toBe(102);
  finish();
  expect((await sent.response()).content.toString()).toBe("done");
});

async function bounded(bytes: number, told: boolean): Promise<{ status: number; text: string }> {
  const app = express();
  const timers: ManualTimers = manualTimers();
  const operations = createOperations({ after: timers.after });
  app.use(processing({ operations, limits: { heldBytes: 100, keptBytes: 1000 } }));
  app.post("/", (_request, response) => void response.type("text").send("x".repeat(bytes)));
  const client = await serve(app);
  const fields = told ? key : { Prefer: "respond-async, wait=9" };
  await client().send("POST", "/", fields, "").response();
  const again = await client().send("POST", "/", fields, "").response();
  return { status: again.status, text: again.content.toString() };
}

test("content beyond the limit is not kept, and the kept answer says so", async () => {
  expect(await bounded(1000, true)).toEqual({ status: 200, text: "x".repeat(1000) });
  const cut = await bounded(1001, true);
  expect(cut.status).toBe(409);
  expect(cut.text).toMatch(/too large to be kept/);
});

test("limits do not shorten what a client that waits is sent", async () => {
  expect((await bounded(5000, false)).text).toHaveLength(5000);
});

test("too many operations: 503 with Retry-After where the request had not begun, else it goes on", async () => {
  const app = express();
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after, limits: { open: 0 } });
  const warnings: string[] = [];
  app.use(processing({ operations, warn: (message) => warnings.push(message) }));
  let finish: () => void = () => undefined;
  let arrived: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  app.post("/", (_request, response) => {
    finish = () => void response.send("done");
    arrived();
  });
  const client = await serve(app);
  const refused = await client().send("POST", "/", key, "").response();
  expect([refused.status, field(refused, "retry-after")]).toEqual([503, "5"]);
  const sent = client().send("POST", "/", {}, "");
  await runs;
  timers.advance(100);
  timers.advance(100);
  expect(warnings).toHaveLength(1);
  finish();
  expect((await sent.response()).content.toString()).toBe("done");
});
