import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { type FetchHandler, processing } from "./fetch.ts";
import { operationOf, processing as wrapNode } from "./node.ts";
import { inertOperation } from "./request/handler-operation.ts";
import { type AdapterSubject, type AppStory, chunk } from "./testing/adapter/adapter-subject.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { testContract } from "./testing/adapter/run-contract.ts";

const routes: Readonly<
  Record<string, (story: AppStory, ...given: Parameters<FetchHandler>) => Promise<Response>>
> = {
  async "/json"(story) {
    await story.arrive();
    const headers = new Headers({ "Content-Type": "application/json", Location: "/things/1" });
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    return new Response('{"made":"it"}', { status: 201, headers });
  },
  async "/stream"(story) {
    await story.arrive();
    return new Response(
      webStream(Readable.from([chunk, chunk, chunk, chunk].map((piece) => Buffer.from(piece)))),
    );
  },
  async "/file"(story) {
    await story.arrive();
    return new Response(webStream(createReadStream(story.file)), {
      headers: { "Content-Type": "text/plain" },
    });
  },
  async "/redirect"(story) {
    await story.arrive();
    return new Response(null, { status: 303, headers: { Location: "/there" } });
  },
  async "/same"(story) {
    await story.arrive();
    return new Response(null, { status: 304, headers: { ETag: '"a"' } });
  },
  async "/empty"(story) {
    await story.arrive();
    return new Response(null, { status: 204 });
  },
  async "/throws"(story) {
    await story.arrive();
    throw new Error("a handler that fails");
  },
  async "/upload"(story, request) {
    await story.arrive();
    return new Response(String((await request.text()).length));
  },
  async "/progress"(story, _request, operation) {
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    return new Response("done");
  },
  async "/interim"(story) {
    await story.arrive();
    // Its constructor refuses such a status; what only looks like a response does not.
    return Object.defineProperty(new Response("x"), "status", { value: 102 });
  },
  async "/half"(story) {
    await story.arrive();
    return new Response(new ReadableStream({ start: (pieces) => pieces.enqueue(Buffer.from("half")) }));
  },
};

function webStream(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}

function app(story: AppStory): FetchHandler {
  return (request, operation) => {
    const route = routes[new URL(request.url).pathname];
    return route ? route(story, request, operation) : new Response(null, { status: 404 });
  };
}

/** Without the middleware all that is left of it is to turn a `Response` into one of Node. */
function withoutOperations(handler: FetchHandler): unknown {
  return processing({ when: () => false })(async (request) => {
    try {
      return await handler(request, inertOperation);
    } catch {
      const problem = '{"status":500,"title":"The service failed to answer."}\n';
      return new Response(problem, { status: 500, headers: { "Content-Type": "application/problem+json" } });
    }
  });
}

const fetchHandler: AdapterSubject = {
  name: "a fetch handler",
  protocols: ["HTTP/1.1", "HTTP/2"],
  serve(protocol, story, given) {
    const handler = app(story);
    const listener = given
      ? processing({ operations: given.operations, ...given.options })(handler)
      : withoutOperations(handler);
    return listen(protocol, listener);
  },
};

/** Another server's listener, wrapped as any handler of node:http. */
const foreignListener: AdapterSubject = {
  name: "a listener of @hono/node-server",
  protocols: ["HTTP/1.1", "HTTP/2"],
  serve(protocol, story, given) {
    const handler = app(story);
    const listener = getRequestListener(
      async (request, { outgoing }) => {
        const response = await handler(request, operationOf(outgoing));
        if (response.status !== 102) return response;
        outgoing.statusCode = 102;
        outgoing.end("x");
        return new Response(null, { headers: { "x-hono-already-sent": "true" } });
      },
      { overrideGlobalObjects: false, errorHandler: () => new Response("failed", { status: 500 }) },
    );
    const wrap = given && wrapNode({ operations: given.operations, ...given.options });
    return listen(protocol, wrap ? wrap(listener as never) : listener);
  },
};

for (const subject of [fetchHandler, foreignListener]) testContract(subject);
