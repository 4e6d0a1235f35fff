import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { testWith } from "../../../../../conformance/judge.ts";
import { createRequester, type Requester } from "../requester.ts";
import { serveRaw } from "../testing/raw-server.ts";
import type { Timers } from "../waiting.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Timers that fire when the test says so, all that are due. */
function testTimers(): Timers & { pass(milliseconds: number): void } {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => now,
    after(milliseconds, call) {
      const timer = { at: now + milliseconds, call };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    pass(milliseconds) {
      now += milliseconds;
      for (const timer of [...waiting]) {
        if (timer.at > now) continue;
        waiting.delete(timer);
        timer.call();
      }
    },
  };
}

function requester(options: Parameters<typeof createRequester>[0]): Requester {
  const made = createRequester({ environment: {}, ...options });
  closing.push(() => made.close());
  return made;
}

describe("over HTTP/2", () => {
  async function serve(): Promise<{
    url: URL;
    session: Promise<ServerHttp2Session>;
    stream: Promise<ServerHttp2Stream>;
  }> {
    const server = createServer();
    const session = once(server, "session").then(([one]) => one as ServerHttp2Session);
    const stream = once(server, "stream").then(([one]) => one as ServerHttp2Stream);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(async () => {
      (await session).destroy();
      server.close();
    });
    return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), session, stream };
  }

  test("a connection that is silent for 30 seconds, and does not answer a PING, is lost (RFC 9113 §6.7)", async () => {
    const timers = testTimers();
    // Its SETTINGS, and nothing else ever (RFC 9113 §6.5).
    await using server = await serveRaw(async (connection) => {
      connection.send(new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    });
    const sent = requester({ http2: "prior-knowledge", timers }).send(server.url, { method: "POST" });
    const rejected = expect(sent).rejects.toMatchObject({
      name: "ConnectionError",
      code: "lost",
      mayHaveArrived: true,
    });
    // The HEADERS of the first stream.
    await (await server.connection(0)).until("\0\0\0\x01", 50);
    timers.pass(29_999);
    timers.pass(1);
    timers.pass(14_999);
    timers.pass(1);
    await rejected;
  });

  test("one that answers it is borne, however long", async () => {
    const timers = testTimers();
    const server = await serve();
    const sent = requester({ http2: "prior-knowledge", timers }).send(server.url, { method: "POST" });
    const stream = await server.stream;
    let pings = 0;
    (await server.session).on("ping", () => {
      pings += 1;
    });
    for (let round = 1; round <= 3; round += 1) {
      timers.pass(30_000);
      await vi.waitFor(() => expect(pings).toBe(round), { interval: 2, timeout: 20_000 });
      // The answer is on its way back.
      await await ping(server.session);
      timers.pass(15_000);
    }
    stream.respond({ ":status": 201 }, { endStream: true });
    expect((await sent).status).toBe(201);
  });

  /** Comes back after what was sent before: the client has read that, too. */
  async function ping(session: Promise<ServerHttp2Session>): Promise<Promise<void>> {
    const server = await session;
    return new Promise((resolve) => server.ping(() => resolve()));
  }

  test("none is sent while something comes, and none where no request waits", async () => {
    const timers = testTimers();
    const server = await serve();
    const { send } = requester({ http2: "prior-knowledge", timers });
    const told: number[] = [];
    const sent = send(server.url, { method: "POST", onInterim: ({ status }) => told.push(status) });
    const stream = await server.stream;
    let pings = 0;
    (await server.session).on("ping", () => {
      pings += 1;
    });
    for (let round = 1; round <= 3; round += 1) {
      stream.additionalHeaders({ ":status": 102 });
      await vi.waitFor(() => expect(told).toHaveLength(round), { interval: 2, timeout: 20_000 });
      timers.pass(30_000);
    }
    stream.respond({ ":status": 201 }, { endStream: true });
    await (await sent).arrayBuffer();
    await vi.waitFor(() => expect(stream.closed).toBe(true), { interval: 2, timeout: 20_000 });
    await await ping(server.session);
    timers.pass(300_000);
    await await ping(server.session);
    expect(pings).toBe(0);
  });
});

/** The keep-alive timer of the connection to that port, in seconds (proc(5), /proc/net/tcp: "tr" 02). */
function keepAliveSeconds(port: number): number | undefined {
  const remote = port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1)) {
    const [, , to, state, , timer = ""] = line.trim().split(/\s+/);
    const [, kind, when = "0"] = /^(\d\d):([0-9A-F]+)$/.exec(timer) ?? [];
    if (to?.endsWith(`:${remote}`) && state === "01" && kind === "02") return Number.parseInt(when, 16) / 100;
  }
  return undefined;
}

testWith(
  ["linux"],
  "TCP asks after 30 seconds whether the other side is there, at the first request and at later ones",
  async () => {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    await using server = await serveRaw(async (connection) => {
      for (let from = 0; ; from = connection.received.length) {
        await connection.until("\r\n\r\n", from);
        connection.send(head);
      }
    });
    const { send } = requester({});
    const port = Number(server.url.port);
    for (let turn = 0; turn < 2; turn += 1) {
      head = "HTTP/1.1 102 Processing\r\n\r\n";
      let told = (): void => {};
      const heard = new Promise<void>((resolve) => {
        told = resolve;
      });
      const sent = send(server.url, { onInterim: () => told() });
      await heard;
      await vi.waitFor(() => expect(keepAliveSeconds(port)).toBeGreaterThan(20), {
        interval: 2,
        timeout: 20_000,
      });
      expect(keepAliveSeconds(port)).toBeLessThanOrEqual(30);
      (await server.connection(0)).send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      await (await sent).arrayBuffer();
    }
    expect(server.connections).toHaveLength(1);
  },
);
