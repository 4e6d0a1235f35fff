/** What Fastify answers, in the ways that its documentation tells of. */
import { createReadStream } from "node:fs";
import { PassThrough, Readable, Transform } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type DropInCase, type DropInRequest, dropIn, type Log } from "./drop-in.ts";

type Case = DropInCase<FastifyInstance>;

/** GET and POST of /. */
function answers(
  name: string,
  handler: (request: FastifyRequest, reply: FastifyReply, log: Log) => unknown,
  request: DropInRequest = {},
): Case {
  return dropIn(
    name,
    (app, log) => {
      app.route({
        method: ["GET", "POST"],
        url: "/",
        handler: async (request, reply) => (await handler(request, reply, log)) ?? reply,
      });
    },
    request,
  );
}

const json = { "Content-Type": "application/json" };

function post(content: string, fields: DropInRequest["fields"] = json): DropInRequest {
  return { method: "POST", fields: fields ?? {}, content };
}

function failing(message = "kaboom", more: object = {}): Error {
  return Object.assign(new Error(message), more);
}

/** @param file with 300,000 bytes */
export function fastifyCases(file: string): readonly Case[] {
  return [...replies(file), ...errors(), ...hooks(file), ...contents()];
}

function replies(file: string): readonly Case[] {
  return [
    answers("an object that is returned", () => ({ hello: "world" })),
    answers("text that is returned", () => "hello"),
    answers("an object that is sent", (_q, reply) => reply.send({ hello: "world" })),
    answers("text that is sent", (_q, reply) => reply.send("hello")),
    answers("text of another type", (_q, reply) => reply.type("text/html").send("<p>h\u00e9</p>")),
    answers("JSON by hand", (_q, reply) => reply.type("application/json").send('{"a":1}')),
    answers("null", (_q, reply) => reply.send(null)),
    answers("nothing", (_q, reply) => reply.send()),
    answers("a number", (_q, reply) => reply.send(1)),
    answers("bytes", (_q, reply) => reply.send(Buffer.from("bytes"))),
    answers("a typed array", (_q, reply) => reply.send(new Uint8Array([1, 2, 255]))),
    answers("text that is longer than a frame", (_q, reply) => reply.send("l\u00f6ng ".repeat(40_000))),
    answers("a type that cannot be sent", (_q, reply) =>
      reply.type("text/plain").send({ no: "text" } as never),
    ),
    answers("codes and fields", (_q, reply) =>
      reply.code(201).header("X-A", "1").headers({ "x-b": 2, location: "/x" }).send({}),
    ),
    answers("a field taken away", (_q, reply) =>
      reply
        .header("x-a", "1")
        .removeHeader("x-a")
        .send(String(reply.hasHeader("x-a"))),
    ),
    answers("Set-Cookie, several times", (_q, reply) =>
      reply.header("set-cookie", "a=1").header("set-cookie", ["b=2", "c=3"]).send("x"),
    ),
    answers("204", (_q, reply) => reply.code(204).send()),
    answers("204 with content all the same", (_q, reply) => reply.code(204).send({ no: 1 })),
    answers("304", (_q, reply) => reply.code(304).header("etag", '"a"').send()),
    answers("a code that is none", (_q, reply) => reply.code(1000)),
    answers("redirect", (_q, reply) => reply.redirect("/there")),
    answers("redirect with a code", (_q, reply) => reply.redirect("/th\u00e9re", 308)),
    answers("the reason phrase of raw", (_q, reply) => {
      reply.raw.statusMessage = "Quite Good";
      return "x";
    }),
    answers("a stream", (_q, reply) => reply.type("text/plain").send(createReadStream(file))),
    answers("a stream with a length", (_q, reply) =>
      reply.header("content-length", "300000").send(createReadStream(file)),
    ),
    answers("a stream of objects' text", (_q, reply) =>
      reply.send(Readable.from(["a", "b", "c"], { objectMode: false })),
    ),
    answers("an empty stream", (_q, reply) => reply.send(Readable.from([], { objectMode: false }))),
    answers("a web stream", (_q, reply) => reply.send(Readable.toWeb(createReadStream(file)))),
    answers("a Response", (_q, reply) =>
      reply.send(new Response("from fetch", { status: 202, headers: { "x-a": "1" } })),
    ),
    answers("a stream to HEAD", (_q, reply) => reply.send(createReadStream(file)), { method: "HEAD" }),
    answers("an object to HEAD", (_q, reply) => reply.send({ hello: "world" }), { method: "HEAD" }),
    answers("a stream that is not there", (_q, reply) => reply.send(createReadStream(`${file}.no`))),
    answers("a stream that fails in its middle", (_q, reply) => {
      const half = new PassThrough();
      half.write("half");
      setTimeout(() => half.destroy(failing()), 10);
      return reply.send(half);
    }),
    answers("a stream that comes in pieces", (_q, reply) => {
      const slow = new PassThrough();
      reply.send(slow);
      let count = 0;
      const next = (): void => {
        count += 1;
        if (count > 5) slow.end();
        else slow.write(`${count}\n`, () => setImmediate(next));
      };
      next();
      return reply;
    }),
    answers("raw", (_q, reply) => {
      reply.hijack();
      reply.raw.writeHead(201, { "x-raw": "1", "content-type": "text/plain" });
      reply.raw.write("raw ");
      reply.raw.end("end");
    }),
    answers("raw with what reply was told", (_q, reply) => {
      reply.header("x-a", "1");
      reply.raw.setHeader("x-raw", "2");
      return "x";
    }),
    answers("a hijacked stream", (_q, reply) => {
      reply.hijack();
      createReadStream(file).pipe(reply.raw);
    }),
    answers("trailers", (_q, reply) => {
      reply.trailer("x-sum", (_reply, payload, done) => done(null, String(payload).length.toString()));
      return reply.send("summed up");
    }),
    answers("trailers of a stream", (_q, reply) => {
      reply.trailer("x-end", async () => "ended");
      return reply.send(Readable.from(["a", "b"], { objectMode: false }));
    }),
    answers("early hints", (_q, reply) => {
      reply.writeEarlyHints({ link: "</a.css>; rel=preload" }, () => undefined);
      return "hinted";
    }),
    answers("sent twice", (_q, reply) => {
      reply.send("first");
      return reply.send("second");
    }),
    answers("what reply knows", (request, reply, log) => {
      log(`${reply.sent} ${reply.statusCode} ${typeof reply.elapsedTime} ${reply.request === request}`);
      reply.raw.on("finish", () => log(`finish ${reply.sent}`));
      return "x";
    }),
    answers("reply as a promise", async (_q, reply, log) => {
      setImmediate(() => reply.send("later"));
      await reply;
      log(`after ${reply.sent}`);
    }),
    answers(
      "what request knows",
      (request) => ({
        query: request.query,
        protocol: request.protocol,
        method: request.method,
        ip: request.ip,
        host: request.host,
        agent: request.headers["user-agent"],
      }),
      { path: "/?a=1&b=%20c", fields: { "User-Agent": "x/1" } },
    ),
    dropIn("a serializer by schema", (app) => {
      const schema = { response: { "2xx": { type: "object", properties: { shown: { type: "string" } } } } };
      app.get("/", { schema }, async () => ({ shown: 1, hidden: 2 }));
    }),
    dropIn("a serializer of one's own", (app) => {
      app.setReplySerializer((payload) => `<${JSON.stringify(payload)}>`);
      app.get("/", async (_q, reply) =>
        reply.serializer((payload) => `{${String((payload as { a: number }).a)}}`).send({ a: 1 }),
      );
    }),
    dropIn("decorators", (app) => {
      app.decorateReply("shout", function shout(this: FastifyReply, text: string) {
        return this.send(text.toUpperCase());
      });
      app.decorateRequest("who", null);
      app.addHook("onRequest", async (request) => void Reflect.set(request, "who", "tobi"));
      app.get("/", (request, reply) => {
        const { shout } = reply as unknown as { shout(this: FastifyReply, text: string): FastifyReply };
        return shout.call(reply, String(Reflect.get(request, "who")));
      });
    }),
    dropIn(
      "parameters, wildcards and constraints",
      (app) => {
        app.get("/:a/x/*", async (request) => request.params);
      },
      { path: "/1/x/2/3" },
    ),
    dropIn("a handler with a callback", (app) =>
      app.get("/", (_q, reply) => void setImmediate(() => reply.send({ late: true }))),
    ),
  ];
}

function errors(): readonly Case[] {
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

function hooks(file: string): readonly Case[] {
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
  ): Case =>
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
    hooked("their order with nothing there", () => "x", { path: "/nothing" }),
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

function contents(): readonly Case[] {
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
