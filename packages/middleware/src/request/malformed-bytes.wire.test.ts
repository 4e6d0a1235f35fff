/** Malformed bytes behind a request take no answer away, whether or not the request is an operation. */
import type { Socket } from "node:net";
import { type AddressInfo, connect } from "node:net";
import createFastify from "fastify";
import { Hono } from "hono";
import { getRequestListener } from "hono-node-server-2";
import { expect, onTestFinished, test } from "vitest";
import { processing as ofFastify } from "../fastify.ts";
import { processing as ofFetch } from "../fetch.ts";
import { type HonoEnvironment, processing as ofHono } from "../hono.ts";
import type { Served } from "../testing/adapter/adapter-subject.ts";
import { listen } from "../testing/adapter/node-app.ts";
import { rawSubjects } from "../testing/adapter/raw-subjects.ts";

/** Told of a request's connection, and resolves when it is to be answered with 204. */
type Handle = (connection: Socket) => Promise<void>;
type Service = (handle: Handle) => Promise<Served>;

const raw = rawSubjects.map(({ name, serve }): [string, Service] => [
  name,
  (handle) =>
    serve("HTTP/1.1", async (request, response) => {
      await handle(request.socket);
      response.statusCode = 204;
      response.end();
    }),
]);

const services: readonly [name: string, service: Service][] = [
  ...raw,
  [
    "Fastify with a clientErrorHandler of its own",
    async (handle) => {
      const app = createFastify({
        forceCloseConnections: true,
        clientErrorHandler: (_error, socket) => void socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n"),
      });
      await app.register(ofFastify());
      app.addContentTypeParser("*", (_request, _content, done) => done(null));
      app.all("/", async (request, reply) => {
        await handle(request.raw.socket);
        return reply.code(204).send();
      });
      await app.listen({ port: 0, host: "127.0.0.1" });
      return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
    },
  ],
  [
    "Hono on @hono/node-server 2",
    (handle) => {
      const app = new Hono<HonoEnvironment>().use(ofHono()).all("/", async (c) => {
        await handle(c.env.incoming.socket);
        return c.body(null, 204);
      });
      return listen("HTTP/1.1", getRequestListener(app.fetch, { overrideGlobalObjects: false }));
    },
  ],
  [
    "a fetch handler",
    async (handle) => {
      let connection: Socket | undefined;
      const listener = ofFetch()(async () => {
        await handle(connection as Socket);
        return new Response(null, { status: 204 });
      });
      return listen("HTTP/1.1", (...given: Parameters<typeof listener>) => {
        connection = given[0].socket;
        listener(...given);
      });
    },
  ],
];
const requests: readonly [name: string, head: string][] = [
  ["an ordinary request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["one that may become an operation", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["an operation", "DELETE / HTTP/1.1\r\nHost: x\r\nPrefer: processing\r\n\r\n"],
  ["a request without key, with content", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"],
];
const rows = services.flatMap(([name, service]) =>
  requests.flatMap(([request, head]) =>
    ["before", "after"].map((when) => ({ name, request, service, head, when })),
  ),
);

test.each(rows)(
  "$name: $request, malformed bytes $when its answer",
  async ({ name, service, head, when }) => {
    const rubbish = "rubbish\r\n\r\n";
    const sent = head.length + (when === "before" ? rubbish.length : 0);
    const { port, close } = await service(async (connection) => {
      // What was read was parsed: the server has given up on the connection before its handler answers.
      while (connection.bytesRead < sent) await new Promise((resolve) => setImmediate(resolve));
    });
    const client = connect(port, "127.0.0.1");
    onTestFinished(async () => {
      client.destroy();
      await close();
    });
    client.write(head + (when === "before" ? rubbish : ""));
    let said = "";
    for await (const piece of client.setEncoding("latin1")) {
      if (said === "" && when === "after") client.write(rubbish);
      said += piece;
    }
    const refused = name.includes("of its own") ? "418" : "400";
    expect([...said.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => status)).toEqual([
      "204",
      refused,
    ]);
  },
);
