/** What Fastify's replies answer: of all kinds, streams, raw, trailers, serializers. */
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { dropIn } from "./drop-in.ts";
import { answers, type FastifyCase, failing } from "./fastify-case.ts";

export function fastifyReplyCases(file: string): readonly FastifyCase[] {
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
      // Once its head is out.
      const fail = (turns: number): void =>
        void (turns === 0
          ? half.destroy(failing())
          : setImmediate(() => fail(reply.raw.headersSent ? turns - 1 : turns)));
      fail(5);
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
