/** What Fastify answers by itself: errors, what is not there, content parsers. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { dropIn } from "./drop-in.ts";
import { answers, type FastifyCase, failing, post } from "./fastify-case.ts";

export function fastifyAppCases(): readonly FastifyCase[] {
  return [...errors(), ...contents()];
}

function errors(): readonly FastifyCase[] {
  return [
    answers("an error that is thrown", () => Promise.reject(failing())),
    answers("an error that is sent", (_q, reply) =>
      reply.send(failing("sent", { statusCode: 409, code: "E_X" })),
    ),
    answers("an error with a code set before", (_q, reply) => reply.code(503).send(failing("down"))),
    answers("an error with fields", (_q, reply) =>
      reply.header("retry-after", "9").send(failing("slow", { statusCode: 429 })),
    ),
    answers("what is thrown and no error", () => Promise.reject({ statusCode: 418, message: "tea" })),
    answers("callNotFound", (_q, reply) => void reply.callNotFound()),
    dropIn("an error handler", (app, log) => {
      app.setErrorHandler((error: Error, _q, reply) => {
        log(error.message);
        return reply.code(418).type("text/plain").send(`handled: ${error.message}`);
      });
      app.get("/", () => Promise.reject(failing()));
    }),
    dropIn("an error handler that throws", (app) => {
      app.setErrorHandler((error: Error) => {
        throw failing(`again: ${error.message}`, { statusCode: 502 });
      });
      app.get("/", () => Promise.reject(failing()));
    }),
    dropIn("an error handler of the route", (app) => {
      app.get("/", { errorHandler: (_e, _q, reply) => void reply.send("the route's") }, () =>
        Promise.reject(failing()),
      );
    }),
    dropIn("an error in a serializer", (app) => {
      app.get("/", async (_q, reply) =>
        reply
          .serializer(() => {
            throw failing("cannot");
          })
          .send({}),
      );
    }),
    dropIn(
      "validation",
      (app) => {
        app.get(
          "/",
          {
            schema: {
              querystring: { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
            },
          },
          async () => "ok",
        );
      },
      { path: "/?a=x" },
    ),
    dropIn("nothing there", () => undefined, { path: "/nothing" }),
    dropIn(
      "a handler for what is not there",
      (app) => {
        app.setNotFoundHandler((request, reply) => void reply.code(404).send({ not: request.url.length }));
      },
      { path: "/nothing" },
    ),
    dropIn("a method that is not there", (app) => app.get("/", async () => "x"), { method: "DELETE" }),
    dropIn("a URL that cannot be decoded", (app) => app.get("/:x", async () => "x"), { path: "/%zz" }),
  ];
}

function contents(): readonly FastifyCase[] {
  const echo = (app: FastifyInstance): void =>
    void app.post("/", async (request) => ({ got: request.body ?? null }));
  return [
    dropIn("json content", echo, post('{"a":[1,"\u00e9"]}')),
    dropIn("json content that is none", echo, post('{"a":')),
    dropIn("empty json content", echo, post("")),
    dropIn("a dangerous key", echo, post('{"__proto__":{"x":1}}')),
    dropIn("text content", echo, post("hello", { "Content-Type": "text/plain" })),
    dropIn("content of an unknown type", echo, post("hello", { "Content-Type": "application/x-unknown" })),
    dropIn("no content", echo, { method: "POST" }),
    dropIn(
      "content that is too long",
      (app) => void app.post("/", { bodyLimit: 10 }, async () => "x"),
      post(`"${"x".repeat(20)}"`),
    ),
    dropIn(
      "a parser of one's own",
      (app) => {
        app.addContentTypeParser("application/jsoff", { parseAs: "string" }, (_q, text, done) =>
          done(null, [...String(text)].reverse().join("")),
        );
        echo(app);
      },
      post("abc", { "Content-Type": "application/jsoff" }),
    ),
    dropIn(
      "a parser that reads the stream",
      (app) => {
        app.addContentTypeParser(/^image\//, async (_q: FastifyRequest, payload: AsyncIterable<Buffer>) => {
          let bytes = 0;
          for await (const chunk of payload) bytes += chunk.length;
          return bytes;
        });
        echo(app);
      },
      post("z".repeat(100_000), { "Content-Type": "image/png" }),
    ),
    dropIn(
      "a parser that fails",
      (app) => {
        app.addContentTypeParser("a/b", (_q, _p, done) => done(failing("cannot read", { statusCode: 422 })));
        echo(app);
      },
      post("x", { "Content-Type": "a/b" }),
    ),
    dropIn(
      "content that the handler reads itself",
      (app) => {
        app.removeAllContentTypeParsers();
        app.addContentTypeParser("*", (_q, _payload, done) => done(null));
        app.post("/", async (request) => {
          let bytes = 0;
          for await (const chunk of request.raw) bytes += (chunk as Buffer).length;
          return String(bytes);
        });
      },
      post("r".repeat(50_000), { "Content-Type": "x/y" }),
    ),
    dropIn(
      "content echoed as a stream",
      (app) => {
        app.removeAllContentTypeParsers();
        app.addContentTypeParser("*", (_q, payload, done) => done(null, payload));
        app.post("/", async (request, reply) => reply.type("x/y").send(request.body));
      },
      post("e".repeat(50_000), { "Content-Type": "x/y" }),
    ),
  ];
}
