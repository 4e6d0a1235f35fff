/** What Fastify answers where hooks take part, and in which order they run. */
import { createReadStream } from "node:fs";
import { Readable, Transform } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type DropInRequest, dropIn, type Log } from "./drop-in.ts";
import { type FastifyCase, failing, json, post } from "./fastify-case.ts";

export function fastifyHookCases(file: string): readonly FastifyCase[] {
  const order = (app: FastifyInstance, log: Log): void => {
    app.addHook("onRequest", async () => log("onRequest"));
    app.addHook("preParsing", async (_q, _r, payload) => {
      log("preParsing");
      return payload;
    });
    app.addHook("preValidation", async () => log("preValidation"));
    app.addHook("preHandler", async () => log("preHandler"));
    app.addHook("preSerialization", async (_q, _r, payload) => {
      log("preSerialization");
      return payload;
    });
    app.addHook("onError", async () => log("onError"));
    app.addHook("onSend", async (_q, reply, payload) => {
      log(`onSend ${reply.sent} ${typeof payload}`);
      return payload;
    });
    app.addHook("onResponse", async (_q, reply) => log(`onResponse ${reply.sent} ${reply.statusCode}`));
  };
  const hooked = (
    name: string,
    handler: (reply: FastifyReply) => unknown,
    request: DropInRequest = {},
  ): FastifyCase =>
    dropIn(
      `hooks: ${name}`,
      (app, log) => {
        order(app, log);
        app.route({
          method: ["GET", "POST"],
          url: "/",
          handler: async (_q, reply) => {
            log("handler");
            return (await handler(reply)) ?? reply;
          },
        });
      },
      request,
    );
  return [
    hooked("their order", () => ({ a: 1 })),
    hooked("their order with content", () => ({ a: 1 }), post('{"b":2}')),
    hooked("their order with an error", () => Promise.reject(failing())),
    hooked("their order with a stream", (reply) => reply.send(createReadStream(file))),
    hooked("their order when hijacked", (reply) => {
      reply.hijack();
      reply.raw.end("raw");
    }),
    dropIn(
      "hooks: their order with nothing there",
      (app, log) => {
        order(app, log);
        app.setNotFoundHandler((_request, reply) => reply.code(404).send("nothing"));
      },
      { path: "/nothing" },
    ),
    dropIn("onRequest that answers", (app, log) => {
      order(app, log);
      app.addHook("onRequest", async (_q, reply) => reply.code(401).send("who?"));
      app.get("/", async () => "never");
    }),
    dropIn("onRequest that throws", (app, log) => {
      order(app, log);
      app.addHook("onRequest", async () => Promise.reject(failing("no", { statusCode: 403 })));
      app.get("/", async () => "never");
    }),
    dropIn("preHandler with a callback that answers with a stream", (app) => {
      app.addHook("preHandler", (_q, reply, _done) => void reply.send(createReadStream(file)));
      app.get("/", async () => "never");
    }),
    dropIn(
      "preParsing that replaces the content",
      (app) => {
        app.addHook("preParsing", async () => Readable.from([Buffer.from('{"other":1}')]));
        app.post("/", async (request) => request.body);
      },
      post('{"a":1}', { ...json, "Content-Length": "7" }),
    ),
    dropIn("preSerialization that wraps", (app) => {
      app.addHook("preSerialization", async (_q, _r, payload) => ({ wrapped: payload }));
      app.get("/", async () => ({ a: 1 }));
    }),
    dropIn("onSend that replaces text", (app) => {
      app.addHook("onSend", async (_q, reply, payload) => {
        reply.header("x-sent", "1");
        return String(payload).toUpperCase();
      });
      app.get("/", async () => "hello");
    }),
    dropIn("onSend that replaces text by a stream", (app) => {
      app.addHook("onSend", async (_q, reply, payload) => {
        reply.removeHeader("content-length");
        const upper = new Transform({
          transform: (chunk, _e, done) => done(null, String(chunk).toUpperCase()),
        });
        return Readable.from([String(payload)]).pipe(upper);
      });
      app.get("/", async () => "hello");
    }),
    dropIn("onSend that clears", (app) => {
      app.addHook("onSend", async (_q, reply) => {
        reply.code(304);
        return null;
      });
      app.get("/", async () => "hello");
    }),
    dropIn("onSend that throws", (app) => {
      app.addHook("onSend", async () => Promise.reject(failing("late")));
      app.get("/", async () => "hello");
    }),
    dropIn("fields of a hook stay", (app) => {
      app.addHook("onRequest", async (_q, reply) => void reply.header("x-a", "hook").type("text/plain"));
      app.get("/", async () => "hello");
    }),
  ];
}
