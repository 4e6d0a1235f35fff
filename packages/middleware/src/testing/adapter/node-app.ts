/** The app of {@link AdapterSubject} for node:http, and what all subjects serve with. */
import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import type { NodeHandler } from "../../node.ts";
import { operationOf } from "../../request/handler-operation.ts";
import { type AdapterProtocol, type AppStory, chunk, type Served } from "./adapter-subject.ts";

export function nodeApp(story: AppStory): NodeHandler {
  return async (request, response) => {
    const route = routes[request.url ?? ""];
    if (route === undefined) {
      response.writeHead(404).end();
      return;
    }
    await route(story, request, response);
  };
}

type Route = (story: AppStory, request: IncomingMessage, response: ServerResponse) => Promise<void>;

const routes: Readonly<Record<string, Route>> = {
  async "/json"(story, _request, response) {
    await story.arrive();
    response.setHeader("Set-Cookie", ["a=1", "b=2"]);
    response.writeHead(201, { "Content-Type": "application/json", Location: "/things/1" });
    response.end('{"made":"it"}');
  },
  async "/stream"(story, _request, response) {
    await story.arrive();
    response.setHeader("Trailer", "X-Sum");
    for (let count = 0; count < 4; count += 1) {
      if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
    }
    response.addTrailers({ "X-Sum": "4" });
    response.end();
  },
  async "/file"(story, _request, response) {
    await story.arrive();
    response.writeHead(200, { "Content-Type": "text/plain" });
    await pipeline(createReadStream(story.file), response);
  },
  async "/redirect"(story, _request, response) {
    await story.arrive();
    response.writeHead(303, { Location: "/there" }).end();
  },
  async "/same"(story, _request, response) {
    await story.arrive();
    response.writeHead(304, { ETag: '"a"' }).end();
  },
  async "/empty"(story, _request, response) {
    await story.arrive();
    response.statusCode = 204;
    response.end();
  },
  async "/throws"(story) {
    await story.arrive();
    throw new Error("a handler that fails");
  },
  async "/upload"(story, request, response) {
    await story.arrive();
    let length = 0;
    for await (const piece of request) length += piece.length;
    response.end(String(length));
  },
  async "/progress"(story, _request, response) {
    const operation = operationOf(response);
    story.operation = operation;
    operation.progress(3, 4, "rows");
    operation.result(423, "/row");
    await story.arrive();
    response.end("done");
  },
  async "/interim"(story, _request, response) {
    await story.arrive();
    response.statusCode = 102;
    response.end("x");
  },
  async "/half"(story, _request, response) {
    await story.arrive();
    response.write("half");
  },
};

/** Serves a listener on a free port of 127.0.0.1. */
export async function listen(protocol: AdapterProtocol, listener: unknown): Promise<Served> {
  const server =
    protocol === "HTTP/2" ? createHttp2Server(listener as never) : createServer(listener as RequestListener);
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session: { destroy(): void }) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
