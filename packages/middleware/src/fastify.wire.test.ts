import { createReadStream } from "node:fs";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import createFastify, { type FastifyInstance } from "fastify";
import { processing } from "./fastify.ts";
import { operationOf } from "./request/handler-operation.ts";
import {
  type AdapterProtocol,
  type AdapterSubject,
  type AppStory,
  chunk,
} from "./testing/adapter/adapter-subject.ts";
import { fastifyOptions } from "./testing/adapter/options-for.ts";
import { testContract } from "./testing/adapter/run-contract.ts";

function addRoutes(app: FastifyInstance, story: AppStory): void {
  // Content is left to the routes.
  app.addContentTypeParser("*", (_request, _content, done) => done(null));
  app.post("/json", async (_request, reply) => {
    await story.arrive();
    reply.header("Set-Cookie", ["a=1", "b=2"]).header("Location", "/things/1");
    return reply.code(201).type("application/json").send('{"made":"it"}');
  });
  app.post("/stream", async (_request, reply) => {
    await story.arrive();
    return reply.send(Readable.from([chunk, chunk, chunk, chunk], { objectMode: false }));
  });
  app.post("/file", async (_request, reply) => {
    await story.arrive();
    return reply.type("text/plain").send(createReadStream(story.file));
  });
  app.post("/redirect", async (_request, reply) => {
    await story.arrive();
    return reply.redirect("/there", 303);
  });
  app.post("/same", async (_request, reply) => {
    await story.arrive();
    return reply.code(304).header("ETag", '"a"').send();
  });
  app.post("/empty", async (_request, reply) => {
    await story.arrive();
    return reply.code(204).send();
  });
  app.post("/throws", async () => {
    await story.arrive();
    throw new Error("a handler that fails");
  });
  app.post("/upload", async (request) => {
    await story.arrive();
    let length = 0;
    for await (const piece of request.raw) length += piece.length;
    return String(length);
  });
  app.post("/progress", async (_request, reply) => {
    const operation = operationOf(reply.raw);
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    return reply.send("done");
  });
  app.post("/interim", async (_request, reply) => {
    await story.arrive();
    return reply.code(102).send("x");
  });
  app.post("/half", async (_request, reply) => {
    await story.arrive();
    reply.hijack();
    reply.raw.write("half");
  });
}

/** The app's own type says which of both servers it has; what is done with it is the same. */
function create(protocol: AdapterProtocol): FastifyInstance {
  if (protocol === "HTTP/1.1") return createFastify({ forceCloseConnections: true });
  return createFastify({ http2: true, forceCloseConnections: true }) as unknown as FastifyInstance;
}

const fastify: AdapterSubject = {
  name: "Fastify 5",
  protocols: ["HTTP/1.1", "HTTP/2"],
  async serve(protocol, story, given) {
    const app = create(protocol);
    if (given) app.register(processing({ operations: given.operations, ...fastifyOptions(given.options) }));
    addRoutes(app, story);
    await app.listen({ port: 0, host: "127.0.0.1" });
    return {
      port: (app.server.address() as AddressInfo).port,
      close: () => app.close(),
    };
  },
};

testContract(fastify);
