import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createOperations, type Operations } from "@meanwhile/operations";
import compression from "compression";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { type NodeHandler, operationOf, processing } from "../node.ts";
import { uuid } from "../testing/adapter/adapter-scene.ts";
import { field, http2Client, type TestClient } from "../testing/raw-client.ts";

async function serve(operations: Operations, handler: NodeHandler): Promise<TestClient> {
  const server = createServer(processing({ operations })(handler)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = http2Client((server.address() as AddressInfo).port);
  onTestFinished(() => void server.close());
  onTestFinished(() => client.close());
  return client;
}

test("over HTTP/2 what is answered soon is no operation, and what is not becomes one", async () => {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const ids: (string | undefined)[] = [];
  const goes: (() => void)[] = [];
  const client = await serve(operations, async (request, response) => {
    if (request.url === "/slow") await new Promise<void>((resolve) => goes.push(resolve));
    ids.push(operationOf(response).id);
    response.end("done");
  });
  const soon = await client.send("POST", "/", {}, "x").response();
  expect([soon.status, soon.content.toString(), field(soon, "operations")]).toEqual([200, "done", "1"]);
  const slow = client.send("POST", "/slow", {}, "x").response();
  while (goes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(operations.open).toBe(0);
  timers.advance(200);
  timers.advance(200);
  expect(operations.open).toBe(1);
  for (const go of goes) go();
  expect((await slow).content.toString()).toBe("done");
  expect(ids).toEqual([undefined, expect.any(String)]);
});

test("over HTTP/2 a handler whose head is out early streams on, and is never an operation", async () => {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  let end: () => void = () => undefined;
  const client = await serve(operations, (_request, response) => {
    response.write("first, ");
    end = () => void response.end("last");
  });
  const sent = client.send("POST", "/", {}, "x");
  expect((await sent.head()).status).toBe(200);
  timers.advance(200);
  timers.advance(200);
  expect(operations.open).toBe(0);
  end();
  expect((await sent.response()).content.toString()).toBe("first, last");
});

test("over HTTP/2 a client that leaves before there is an operation closes the handler's response", async () => {
  const operations = createOperations();
  let arrived: (closed: Promise<unknown>) => void = () => undefined;
  const runs = new Promise<{ readonly closed: Promise<unknown> }>((resolve) => {
    arrived = (closed) => resolve({ closed });
  });
  const client = await serve(operations, (_request, response) => {
    arrived(once(response, "close"));
    response.write("begun");
  });
  const sent = client.send("POST", "/", {}, "x");
  const { closed } = await runs;
  await sent.head();
  await sent.leave();
  await closed;
  expect(operations.open).toBe(0);
});

test("over HTTP/2 a response that breaks off before there is an operation is reset with INTERNAL_ERROR", async () => {
  const client = await serve(createOperations(), (request, response) => {
    if (request.url === "/throws") throw new Error("a handler that fails");
    response.write("begun");
    setImmediate(() => response.destroy());
  });
  await expect(client.send("POST", "/", {}, "x").response()).rejects.toThrow("reset: 2");
  expect((await client.send("POST", "/throws", {}, "x").response()).status).toBe(500);
});

test("over HTTP/2 compression inside codes the answer, and what is kept is the plain content", async () => {
  const operations = createOperations();
  const compress = compression({ threshold: 0 });
  const content = "a line of a long answer\n".repeat(1000);
  let runs = 0;
  const client = await serve(operations, (request, response) => {
    runs += 1;
    compress(request as never, response as never, () => {
      response.setHeader("Content-Type", "text/plain");
      response.end(content);
    });
  });
  const codes = { "Accept-Encoding": "gzip" };
  for (const fields of [codes, { ...codes, "Idempotency-Key": uuid }]) {
    const coded = await client.send("POST", "/", fields, "x").response();
    expect([field(coded, "content-encoding"), coded.content.length < content.length]).toEqual(["gzip", true]);
  }
  const kept = await client.send("POST", "/", { "Idempotency-Key": uuid }, "x").response();
  expect([field(kept, "content-encoding"), kept.content.toString()]).toEqual([undefined, content]);
  expect(runs).toBe(2);
});

test("over HTTP/2 compression outside codes the answer of an operation", async () => {
  const content = "a line of a long answer\n".repeat(1000);
  const wrapped = processing()((_request, response) => {
    response.setHeader("Content-Type", "text/plain");
    response.end(content);
  });
  const compress = compression({ threshold: 0 });
  const server = createServer((request, response) =>
    compress(request as never, response as never, () => wrapped(request, response)),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = http2Client((server.address() as AddressInfo).port);
  onTestFinished(() => void server.close());
  onTestFinished(() => client.close());
  const codes = { "Accept-Encoding": "gzip" };
  const seen: unknown[] = [];
  for (const more of [{}, { "Idempotency-Key": uuid }, { "Idempotency-Key": uuid }]) {
    const coded = await client.send("POST", "/", { ...codes, ...more }, "x").response();
    seen.push([coded.status, field(coded, "content-encoding"), coded.content.length < content.length]);
  }
  expect(seen).toEqual(seen.map(() => [200, "gzip", true]));
});

test("what the middleware answers itself says that clients may rely on it, too", async () => {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  let runs = 0;
  const client = await serve(operations, () => {
    runs += 1;
  });
  const sent = client.send("POST", "/", { Prefer: "respond-async", "Idempotency-Key": uuid }, "x");
  while (runs === 0) await new Promise((resolve) => setImmediate(resolve));
  timers.advance(100);
  const accepted = await sent.response();
  const other = await client.send("POST", "/other", { "Idempotency-Key": uuid }, "x").response();
  const malformed = await client.send("POST", "/", { "Idempotency-Key": "a b" }, "x").response();
  void operations.drain(0);
  const refused = await client.send("POST", "/", { Prefer: "respond-async" }, "x").response();
  expect(
    [accepted, other, malformed, refused].map((head) => [head.status, field(head, "operations")]),
  ).toEqual([
    [202, "1"],
    [422, "1"],
    [400, "1"],
    [503, "1"],
  ]);
  const document = new URL(field(accepted, "location") ?? "").pathname;
  expect(field(await client.send("GET", document).response(), "operations")).toBeUndefined();
});
