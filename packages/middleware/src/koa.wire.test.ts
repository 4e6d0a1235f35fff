import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { processing } from "./koa.ts";
import { operationOf } from "./request/handler-operation.ts";
import { type AdapterSubject, type AppStory, chunk } from "./testing/adapter/adapter-subject.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { koaOptions } from "./testing/adapter/options-for.ts";
import { testContract } from "./testing/adapter/run-contract.ts";
import { http1Client } from "./testing/raw-client.ts";

type Route = (context: Koa.Context, story: AppStory) => Promise<void>;

const routes: Readonly<Record<string, Route>> = {
  async "/json"(context, story) {
    await story.arrive();
    context.cookies.set("a", "1");
    context.cookies.set("b", "2");
    context.set("Location", "/things/1");
    context.status = 201;
    context.type = "json";
    context.body = '{"made":"it"}';
  },
  async "/stream"(context, story) {
    await story.arrive();
    context.body = Readable.from([chunk, chunk, chunk, chunk], { objectMode: false });
  },
  async "/file"(context, story) {
    await story.arrive();
    context.type = "text";
    context.body = createReadStream(story.file);
  },
  async "/redirect"(context, story) {
    await story.arrive();
    context.status = 303;
    context.redirect("/there");
  },
  async "/same"(context, story) {
    await story.arrive();
    context.etag = "a";
    context.status = 304;
  },
  async "/empty"(context, story) {
    await story.arrive();
    context.status = 204;
  },
  async "/throws"(_context, story) {
    await story.arrive();
    throw new Error("a handler that fails");
  },
  async "/upload"(context, story) {
    await story.arrive();
    let length = 0;
    for await (const piece of context.req) length += piece.length;
    context.body = String(length);
  },
  async "/progress"(context, story) {
    const operation = operationOf(context.res);
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    context.body = "done";
  },
  async "/interim"(context, story) {
    await story.arrive();
    context.status = 102;
    context.body = "x";
  },
  async "/half"(context, story) {
    await story.arrive();
    context.respond = false;
    context.res.write("half");
  },
};

const koa: AdapterSubject = {
  name: "Koa 3",
  protocols: ["HTTP/1.1", "HTTP/2"],
  serve(protocol, story, given) {
    const app = new Koa();
    app.silent = true;
    if (given)
      app.use(processing({ operations: given.operations, ...koaOptions(given.options) }) as Koa.Middleware);
    app.use(async (context) => {
      await routes[context.path]?.(context, story);
    });
    return listen(protocol, app.callback());
  },
};

testContract(koa);

test("the app is told an error of the socket that its handler destroys, and of no other end", async () => {
  const app = new Koa();
  app.silent = true;
  const told: string[] = [];
  app.on("error", ({ message }: Error) => told.push(message));
  app.use(processing() as Koa.Middleware);
  app.use((context) => {
    if (context.path === "/fails") context.socket.destroy(new Error("of the socket"));
    else context.body = "done";
  });
  const served = await listen("HTTP/1.1", app.callback());
  const client = http1Client(served.port);
  onTestFinished(async () => {
    client.close();
    await served.close();
  });
  const key = () => ({ "Idempotency-Key": randomUUID() });
  expect((await client.send("POST", "/", key(), "").response()).status).toBe(200);
  expect((await client.send("POST", "/fails", key(), "").response()).status).toBe(500);
  expect(told).toEqual(["of the socket"]);
});
