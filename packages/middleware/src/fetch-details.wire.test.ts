import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { createOperations } from "@meanwhile/operations";
import { describe, expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { type FetchHandler, processing } from "./fetch.ts";
import type { ProcessingOptions } from "./request/options.ts";
import { listen } from "./testing/adapter/node-app.ts";
import { field, http1Client, http2Client, type TestClient } from "./testing/raw-client.ts";
import { standsStill } from "./testing/stands-still.ts";

type Protocol = "HTTP/1.1" | "HTTP/2";

async function serve(
  protocol: Protocol,
  handler: FetchHandler,
  options: ProcessingOptions = {},
  operations = createOperations(),
): Promise<{ client: () => TestClient; port: number }> {
  const served = await listen(protocol, processing({ operations, ...options })(handler));
  onTestFinished(() => served.close());
  return {
    port: served.port,
    client() {
      const client = protocol === "HTTP/2" ? http2Client(served.port) : http1Client(served.port);
      onTestFinished(() => client.close());
      return client;
    },
  };
}

const async = { Prefer: "respond-async, wait=9" };

describe.each(["HTTP/1.1", "HTTP/2"] as const)("a fetch handler, over %s", (protocol) => {
  test("sees method, URL, fields and content", async () => {
    const { client } = await serve(protocol, async (request) =>
      Response.json({
        method: request.method,
        url: request.url,
        fields: [request.headers.get("x-a"), [...request.headers.keys()].filter((name) => /^\W/.test(name))],
        content: await request.text(),
      }),
    );
    const seen = await client().send("PATCH", "/a//b?c=%20d", { "X-A": "1" }, "hello").response();
    expect(JSON.parse(seen.content.toString())).toEqual({
      method: "PATCH",
      url: "http://api.example/a//b?c=%20d",
      fields: ["1", []],
      content: "hello",
    });
  });

  test("sees the URL as the client does where a proxy stands in front", async () => {
    const { client } = await serve(protocol, (request) => new Response(request.url), {
      origin: "https://public.example",
    });
    const seen = await client().send("GET", "//x").response();
    expect(seen.content.toString()).toBe("https://public.example//x");
  });

  test("a request without content has none, and one that is not read does no harm", async () => {
    const { client } = await serve(protocol, (request) => new Response(String(request.body)));
    const connection = client();
    expect((await connection.send("POST", "/").response()).content.toString()).toBe("null");
    const unread = await connection.send("POST", "/", {}, "x".repeat(100_000)).response();
    expect(unread.content.toString()).toBe("[object ReadableStream]");
    expect((await connection.send("GET", "/").response()).status).toBe(200);
  });

  test.each(["GET", "POST"])(
    "%s: what is written in one go has its length, what takes longer does not",
    async (method) => {
      let go: () => void = () => undefined;
      const { client } = await serve(protocol, (request) => {
        if (request.url.endsWith("/short")) return new Response("hello");
        const pieces = new ReadableStream({
          async pull(controller) {
            await new Promise<void>((resolve) => {
              go = resolve;
            });
            controller.enqueue(Buffer.from("late"));
            controller.close();
          },
        });
        return new Response(pieces);
      });
      const short = await client().send(method, "/short").response();
      expect([field(short, "content-length"), short.content.toString()]).toEqual(["5", "hello"]);
      const sent = client().send(method, "/long");
      // Its head comes before its content is there.
      expect(field(await sent.head(), "content-length")).toBeUndefined();
      go();
      expect((await sent.response()).content.toString()).toBe("late");
    },
  );

  test("HEAD gets the fields, and content is cancelled (RFC 9110 §9.3.2)", async () => {
    let cancelled = false;
    const { client } = await serve(protocol, () => {
      const pieces = new ReadableStream({
        cancel() {
          cancelled = true;
        },
      });
      return new Response(pieces, { headers: { "Content-Length": "7" } });
    });
    const seen = await client().send("HEAD", "/").response();
    expect([field(seen, "content-length"), seen.content.length, cancelled]).toEqual(["7", 0, true]);
  });

  test.each([{}, async])(
    "an answer that is no Response is a 500, and whoever runs the service is told",
    async (fields) => {
      const warnings: string[] = [];
      const { client } = await serve(protocol, () => "oops" as never, {
        warn: (text) => warnings.push(text),
      });
      expect((await client().send("POST", "/", fields, "").response()).status).toBe(500);
      expect(warnings).toEqual([expect.stringMatching(/answers with a Response/)]);
    },
  );

  test.each([{}, async])("content that fails before its first piece is a 500", async (fields) => {
    const { client } = await serve(protocol, () => {
      const pieces = new ReadableStream({ start: (controller) => controller.error(new Error("no content")) });
      return new Response(pieces);
    });
    expect((await client().send("POST", "/", fields, "").response()).status).toBe(500);
  });

  test.each([{}, async])("content that fails later breaks the response off", async (fields) => {
    let fail: () => void = () => undefined;
    const { client } = await serve(protocol, () => {
      const pieces = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from("half"));
          fail = () => controller.error(new Error("broke"));
        },
      });
      return new Response(pieces);
    });
    const sent = client().send("POST", "/", fields, "");
    expect((await sent.head()).status).toBe(200);
    await turn();
    fail();
    await expect(sent.response()).rejects.toThrow();
  });

  test("of a safe method whose client leaves, the signal is aborted and the content cancelled", async () => {
    let arrived: (request: Request) => void = () => undefined;
    const runs = new Promise<Request>((resolve) => {
      arrived = resolve;
    });
    let cancelled: () => void = () => undefined;
    const end = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const { client } = await serve(protocol, (request) => {
      arrived(request);
      return new Response(new ReadableStream({ cancel: () => cancelled() }));
    });
    const sent = client().send("GET", "/");
    const { signal } = await runs;
    await sent.head();
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, "abort");
    await sent.leave();
    await Promise.all([aborted, end]);
  });

  test("of an operation whose client leaves, neither is; its deadline aborts the signal", async () => {
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    let arrived: (request: Request) => void = () => undefined;
    const runs = new Promise<Request>((resolve) => {
      arrived = resolve;
    });
    const { client } = await serve(
      protocol,
      (request) => {
        arrived(request);
        return new Promise(() => undefined);
      },
      { deadline: "1h" },
      operations,
    );
    const sent = client().send("POST", "/", async, "");
    const { signal } = await runs;
    await sent.leave();
    // The server has seen that when it answers another one.
    await client().send("GET", "/.meanwhile/operations/").response();
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, "abort");
    timers.advance(3_600_000);
    await aborted;
    await operations.idle();
  });
});

test("a method that a Request cannot have is a 501 (RFC 9110 §15.6.2)", async () => {
  const { client } = await serve("HTTP/1.1", () => new Response("ran"));
  expect((await client().send("TRACE", "/").response()).status).toBe(501);
});

test("content that nobody reads is not taken from the handler", async () => {
  const pieces = 1024;
  let pulled = 0;
  const { port } = await serve("HTTP/1.1", () => {
    const content = new ReadableStream(
      {
        pull(controller) {
          pulled += 1;
          controller.enqueue(Buffer.alloc(64 * 1024));
          if (pulled === pieces) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(content);
  });
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nPrefer: ${async.Prefer}\r\n\r\n`);
  // It goes on as long as the system's buffers take it.
  await standsStill(() => pulled);
  expect(pulled).toBeLessThan(pieces / 2);
});
