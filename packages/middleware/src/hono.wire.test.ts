import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { expect, onTestFinished, test } from "vitest";
import { type HonoEnvironment, processing } from "./hono.ts";
import { operationOf } from "./request/handler-operation.ts";
import { type AdapterSubject, type AppStory, chunk } from "./testing/adapter/adapter-subject.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { honoOptions } from "./testing/adapter/options-for.ts";
import { testContract } from "./testing/adapter/run-contract.ts";
import { http1Client } from "./testing/raw-client.ts";

function addRoutes(app: Hono<HonoEnvironment>, story: AppStory): void {
  app.post("/json", async (c) => {
    await story.arrive();
    c.header("Set-Cookie", "a=1");
    c.header("Set-Cookie", "b=2", { append: true });
    c.header("Location", "/things/1");
    return c.body('{"made":"it"}', 201, { "Content-Type": "application/json" });
  });
  app.post("/stream", async (c) => {
    await story.arrive();
    const pieces = Readable.from([chunk, chunk, chunk, chunk].map((piece) => Buffer.from(piece)));
    return c.body(Readable.toWeb(pieces) as ReadableStream);
  });
  app.post("/file", async (c) => {
    await story.arrive();
    return c.body(Readable.toWeb(createReadStream(story.file)) as ReadableStream, 200, {
      "Content-Type": "text/plain",
    });
  });
  // Whether an answer without content has a type by itself is another thing in each version.
  const plain = "text/plain; charset=UTF-8";
  app.post("/redirect", async (c) => {
    await story.arrive();
    c.header("Content-Type", plain);
    return c.redirect("/there", 303);
  });
  app.post("/same", async (c) => {
    await story.arrive();
    return c.body(null, 304, { ETag: '"a"', "Content-Type": plain });
  });
  app.post("/empty", async (c) => {
    await story.arrive();
    return c.body(null, 204, { "Content-Type": plain });
  });
  app.post("/throws", async () => {
    await story.arrive();
    throw new Error("a handler that fails");
  });
  app.post("/upload", async (c) => {
    await story.arrive();
    return c.text(String((await c.req.text()).length));
  });
  app.post("/progress", async (c) => {
    const operation = operationOf(c.env.outgoing);
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    return c.text("done");
  });
  app.post("/interim", async (c) => {
    await story.arrive();
    c.env.outgoing.statusCode = 102;
    c.env.outgoing.end("x");
    return new Response(null, { headers: { "x-hono-already-sent": "true" } });
  });
  app.post("/half", async (c) => {
    await story.arrive();
    const half = new ReadableStream({ start: (pieces) => pieces.enqueue(Buffer.from("half")) });
    return c.body(half);
  });
  app.onError((error, c) => c.json({ failed: error.message }, 500));
}

/** An alias has no types of its own; what is used of it is as in version 1. */
const alias: string = "hono-node-server-2";
const ofVersion2: typeof getRequestListener | undefined = await import(alias).then(
  (module) => module.getRequestListener,
  (error: unknown) => {
    if (process.env["CI"]) throw error;
    return undefined;
  },
);

function subject(name: string, listenerOf: typeof getRequestListener, withCors: boolean): AdapterSubject {
  return {
    name,
    protocols: ["HTTP/1.1", "HTTP/2"],
    serve(protocol, story, given) {
      const app = new Hono<HonoEnvironment>();
      // Preflight requests are its own.
      if (withCors) app.use((c, next) => (c.req.method === "OPTIONS" ? next() : cors()(c, next)));
      if (given) app.use(processing({ operations: given.operations, ...honoOptions(given.options) }));
      addRoutes(app, story);
      return listen(protocol, listenerOf(app.fetch, { overrideGlobalObjects: false }));
    },
  };
}

testContract(subject("Hono 4 on @hono/node-server 1", getRequestListener, false));
testContract(subject("Hono 4 on @hono/node-server 1, cors() before", getRequestListener, true));
if (ofVersion2 === undefined) {
  test("Hono 4 on @hono/node-server 2", ({ skip }) => {
    expect(process.env["CI"], "run npm ci").not.toBe("true");
    skip("@hono/node-server 2 is not installed: run npm ci");
  });
} else {
  testContract(subject("Hono 4 on @hono/node-server 2", ofVersion2, false));
  testContract(subject("Hono 4 on @hono/node-server 2, cors() before", ofVersion2, true));
}

test("what comes before it gets the very response of the handler, of an operation, too", async () => {
  const answer = new Response("done");
  const seen: unknown[] = [];
  const app = new Hono<HonoEnvironment>();
  app.use(async (c, next) => {
    await next();
    seen.push(c.res);
  });
  app.use(processing());
  app.post("/", () => answer);
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const served = await listen("HTTP/1.1", listener);
  const client = http1Client(served.port);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  const key = { "Idempotency-Key": randomUUID() };
  const { status, content } = await client.send("POST", "/", key, "").response();
  expect([status, content.toString()]).toEqual([200, "done"]);
  expect(seen[0]).toBe(answer);
});
