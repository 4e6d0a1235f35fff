import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, connect, Socket } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { moveResponse } from "./detaching/move-response.ts";
import { type NodeHandler, operationOf, processing } from "./node.ts";
import { FacadeSocket } from "./recording/facade-socket.ts";
import { field, http1Client, http2Client, type TestClient } from "./testing/raw-client.ts";
import { standsStill } from "./testing/stands-still.ts";

async function serve(
  protocol: "HTTP/1.1" | "HTTP/2",
  handler: NodeHandler,
  wrap: ReturnType<typeof processing> = processing({ when: () => true }),
): Promise<TestClient> {
  const server = protocol === "HTTP/2" ? createHttp2Server(wrap(handler)) : createServer(wrap(handler));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = protocol === "HTTP/2" ? http2Client(port) : http1Client(port);
  onTestFinished(() => void server.close());
  onTestFinished(() => client.close());
  return client;
}

const async = { Prefer: "respond-async, wait=9" };

test.each(["HTTP/1.1", "HTTP/2"] as const)("early hints go through, over %s (RFC 8297)", async (protocol) => {
  const client = await serve(protocol, (_request, response) => {
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    setImmediate(() => response.end("done"));
  });
  const seen = await client.send("POST", "/", async, "").response();
  expect(seen.interims.map((head) => [head.status, field(head, "link")])).toEqual([
    [103, "</style.css>; rel=preload"],
  ]);
  expect(seen.content.toString()).toBe("done");
});

test.each(["HTTP/1.1", "HTTP/2"] as const)(
  "HEAD gets the fields of its answer and no content, over %s (RFC 9110 §9.3.2)",
  async (protocol) => {
    const client = await serve(protocol, (_request, response) => {
      response.setHeader("Content-Length", "5");
      response.end("hello");
    });
    const seen = await client.send("HEAD", "/", async).response();
    expect([seen.status, field(seen, "content-length"), seen.content.length]).toEqual([200, "5", 0]);
  },
);

test("a safe method's work is told to stop when its client leaves; an unsafe one's goes on", async () => {
  for (const [method, stops] of [
    ["GET", true],
    ["POST", false],
  ] as const) {
    const operations = createOperations();
    const wrap = processing({ operations, when: () => true });
    let arrived: (signal: AbortSignal) => void = () => undefined;
    let left: Promise<unknown> = Promise.resolve();
    const runs = new Promise<AbortSignal>((resolve) => {
      arrived = resolve;
    });
    let end: () => void = () => undefined;
    const client = await serve(
      "HTTP/1.1",
      (request, response) => {
        const { signal } = operationOf(response);
        left = new Promise((resolve) => request.socket.once("close", resolve));
        signal.addEventListener("abort", () => response.end());
        end = () => response.end();
        arrived(signal);
      },
      wrap,
    );
    const sent = client.send(method, "/", async);
    const signal = await runs;
    await sent.leave();
    if (stops) await operations.idle();
    else await left;
    expect([method, signal.aborted]).toEqual([method, stops]);
    end();
    await operations.idle();
  }
});

test("a reader that does not read holds the handler back: nothing is gathered for it", async () => {
  const pieces = 1024;
  let written = 0;
  const server = createServer(
    processing()(async (_request, response) => {
      const piece = Buffer.alloc(64 * 1024);
      for (; written < pieces; written += 1) {
        if (!response.write(piece)) await once(response, "drain");
      }
      response.end();
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nPrefer: respond-async, wait=9\r\n\r\n");
  // It goes on as long as the system's buffers take it.
  await standsStill(() => written);
  expect(written).toBeLessThan(pieces / 2);
});

test("a handler that was let go on by drain can be piped to: nothing waits for a drain that came", async () => {
  const client = await serve("HTTP/1.1", async (_request, response) => {
    for (let count = 0; count < 50; count += 1) {
      if (!response.write("y".repeat(100_000))) await once(response, "drain");
    }
    expect(response.writableNeedDrain).toBe(false);
    response.end();
  });
  expect((await client.send("POST", "/", async, "").response()).content.length).toBe(5_000_000);
});

test("a cancelled operation's handler sees its signal, and one that throws then ends with 409", async () => {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  let arrived: () => void = () => undefined;
  const runs = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const client = await serve(
    "HTTP/1.1",
    async (_request, response) => {
      const { signal } = operationOf(response);
      arrived();
      await once(signal, "abort");
      throw new Error("stopped");
    },
    processing({ operations }),
  );
  const alice = { Authorization: "Bearer alice" };
  const sent = client.send("POST", "/", { Prefer: "respond-async", ...alice }, "");
  await runs;
  timers.advance(100);
  const path = new URL(field(await sent.response(), "location") ?? "").pathname;
  expect((await client.send("DELETE", path, alice).response()).status).toBe(202);
  await operations.idle();
  const document = await client.send("GET", path, alice).response();
  expect(JSON.parse(document.content.toString())).toMatchObject({
    state: "cancelled",
    outcome: { status: 409 },
  });
});

test("upgrades pass by (RFC 9110 §7.8)", async () => {
  const server = createServer(processing()((_request, response) => void response.end()));
  server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nPrefer: processing\r\n\r\n",
  );
  let text = "";
  for await (const piece of socket) text += String(piece);
  expect(text).toMatch(/101 Switching Protocols\r\n\r\nhello$/);
});

test("a response that Node's server does not know is left as it is", () => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const facade = new FacadeSocket(
    new Socket(),
    { write: (_bytes, done) => done(), closed: () => undefined },
    () => () => undefined,
  );
  expect(moveResponse(request, response, facade)).toBeUndefined();
  expect(response.socket).toBeNull();
});
