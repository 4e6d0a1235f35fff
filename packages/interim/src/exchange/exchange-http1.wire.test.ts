import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { openExchange } from "./open-exchange.ts";

/** TLS with a shared key: no certificate needed. */
const secret = Buffer.alloc(32, 7);
const cipher = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
const transports = [
  {
    scheme: "http",
    serve: (): Server => createServer(),
    dial: (port: number): Socket => connect(port, "127.0.0.1"),
  },
  {
    scheme: "https",
    serve: (): Server => createSecureServer({ ...cipher, pskCallback: () => secret }),
    dial: (port: number): Socket =>
      connectSecurely({
        ...cipher,
        port,
        host: "127.0.0.1",
        pskCallback: () => ({ psk: secret, identity: "test" }),
        checkServerIdentity: () => undefined,
      }),
  },
];

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe.each(transports)("an exchange over $scheme", ({ serve, dial }) => {
  /** A server whose exchanges the test answers by hand, in order of arrival. */
  async function open(): Promise<{ client: RawClient; arrival: () => Promise<Exchange> }> {
    const server = serve();
    const arrived: Exchange[] = [];
    const waiting: ((exchange: Exchange) => void)[] = [];
    const arrive = (request: IncomingMessage, response: ServerResponse): void => {
      const exchange = openExchange(request, response);
      const taker = waiting.shift();
      if (taker === undefined) arrived.push(exchange);
      else taker(exchange);
    };
    server.on("request", arrive);
    server.on("checkContinue", arrive);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = new RawClient(dial((server.address() as AddressInfo).port));
    cleanups.push(() => {
      client.socket.destroy();
      server.close();
      server.closeAllConnections();
    });
    return {
      client,
      arrival: () =>
        new Promise((resolve) => {
          const exchange = arrived.shift();
          if (exchange === undefined) waiting.push(resolve);
          else resolve(exchange);
        }),
    };
  }

  test("interim responses come before the final one, a list as one field line an item (RFC 9110 §15.2)", async () => {
    const { client, arrival } = await open();
    client.send("DELETE /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    expect(exchange.protocol).toBe("HTTP/1.1");
    expect(exchange.state).toBe("waiting");
    expect(exchange.interim(102, { Location: "/status", Progress: "0/2" })).toBe(true);
    const pairs = ["200 <http://x/a/1>", "423 <http://x/a/2>"];
    expect(exchange.interim(102, { Progress: "2/2", "Status-URI": pairs })).toBe(true);
    exchange.response.end("done");
    expect(exchange.state).toBe("answering");
    await client.until("done");
    expect(client.text).toMatch(
      /^HTTP\/1\.1 102 Processing\r\nLocation: \/status\r\nProgress: 0\/2\r\n\r\nHTTP\/1\.1 102 Processing\r\nProgress: 2\/2\r\nStatus-URI: 200 <http:\/\/x\/a\/1>\r\nStatus-URI: 423 <http:\/\/x\/a\/2>\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
    expect(client.text.match(/Progress|Location|Status-URI/g)).toHaveLength(5);
  });

  test("the next response on the connection is intact", async () => {
    const { client, arrival } = await open();
    for (const turn of ["one", "two", "three"]) {
      client.send(`GET /${turn} HTTP/1.1\r\nHost: x\r\n\r\n`);
      const exchange = await arrival();
      expect(exchange.interim(102, {})).toBe(true);
      exchange.response.end(turn);
      await client.until(turn);
    }
    const statusLines = client.text.match(/HTTP\/1\.1 \d+/g);
    expect(statusLines).toEqual(
      ["102", "200", "102", "200", "102", "200"].map((status) => `HTTP/1.1 ${status}`),
    );
  });

  test("every status from 100 to 199 but 101 is written with its name, or as unknown", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    for (const status of [100, 103, 199]) exchange.interim(status, {});
    exchange.response.end("done");
    await client.until("done");
    expect(client.text).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 Early Hints\r\n\r\nHTTP\/1\.1 199 unknown\r\n\r\nHTTP\/1\.1 200/,
    );
  });

  test("HTTP/1.0 gets no interim response (RFC 9110 §15.2)", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.0\r\n\r\n");
    const exchange = await arrival();
    expect(exchange.protocol).toBe("HTTP/1.0");
    expect(exchange.interim(102, {})).toBe(false);
    exchange.response.end("done");
    await client.until("done");
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test("no 102 before the complete request was received (RFC 2518 §10.1)", async () => {
    const { client, arrival } = await open();
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
    const exchange = await arrival();
    let told = 0;
    exchange.whenRequestComplete(() => {
      told += 1;
    });
    expect(exchange.requestComplete).toBe(false);
    expect(exchange.interim(102, {})).toBe(false);
    exchange.request.resume();
    client.send("def");
    await once(exchange.request, "end");
    expect(exchange.requestComplete).toBe(true);
    expect(told).toBe(1);
    expect(exchange.interim(102, {})).toBe(true);
    exchange.response.end("done");
    await client.until("done");
    expect(client.text).toMatch(/^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200/);
  });

  test("content that was received but not read completes the request too", async () => {
    const { client, arrival } = await open();
    client.send("DELETE / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    const exchange = await arrival();
    await new Promise(setImmediate);
    expect(exchange.requestComplete).toBe(true);
    expect(exchange.interim(102, {})).toBe(true);
  });

  test("a request without content is complete at once", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    const exchange = await arrival();
    let told = 0;
    exchange.whenRequestComplete(() => {
      told += 1;
    });
    expect(told).toBe(1);
  });

  test("an upload that breaks off is never complete", async () => {
    const { client, arrival } = await open();
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc");
    const exchange = await arrival();
    let told = 0;
    exchange.whenRequestComplete(() => {
      told += 1;
    });
    exchange.request.on("error", () => undefined);
    exchange.request.resume();
    client.socket.destroy();
    await aborted(exchange);
    expect(exchange.requestComplete).toBe(false);
    expect(told).toBe(0);
    expect(exchange.interim(102, {})).toBe(false);
  });

  test("100 Continue comes first, and no 102 between it and the content (RFC 9110 §10.1.1)", async () => {
    const { client, arrival } = await open();
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    const exchange = await arrival();
    expect(exchange.interim(102, {})).toBe(false);
    expect(exchange.interim(100, {})).toBe(true);
    expect(exchange.interim(102, {})).toBe(false);
    await client.until("100 Continue\r\n\r\n");
    client.send("abc");
    exchange.request.resume();
    await once(exchange.request, "end");
    expect(exchange.interim(102, {})).toBe(true);
    exchange.response.end("done");
    await client.until("done");
    expect(client.text).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
    );
  });

  test("nothing is written once the final response has begun", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    const response = exchange.response as ServerResponse;
    response.writeHead(200);
    expect(exchange.state).toBe("answering");
    expect(exchange.interim(102, {})).toBe(false);
    response.write("first");
    expect(exchange.interim(102, {})).toBe(false);
    response.end("last");
    expect(exchange.interim(102, {})).toBe(false);
    await client.until("0\r\n\r\n");
    await ended(exchange);
    expect(exchange.state).toBe("closed");
    expect(exchange.interim(102, {})).toBe(false);
    expect(client.text).not.toContain("102");
  });

  test("a final response that was handed over closes the exchange, delivered", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    const { closed } = exchange;
    exchange.response.end("done");
    await client.until("done");
    await ended(exchange);
    expect(exchange.state).toBe("closed");
    expect(exchange.undelivered).toBe(false);
    client.socket.destroy();
    await once(exchange.request.socket, "close");
    expect(closed.aborted).toBe(false);
    expect(exchange.undelivered).toBe(false);
  });

  test("a client that leaves before the final response closes the exchange, undelivered", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    client.socket.destroy();
    await aborted(exchange);
    expect(exchange.state).toBe("closed");
    expect(exchange.undelivered).toBe(true);
    expect(exchange.interim(102, {})).toBe(false);
  });

  test("a client that leaves in the middle of the final response leaves it undelivered", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    (exchange.response as ServerResponse).write("first");
    await client.until("first\r\n");
    client.socket.destroy();
    await aborted(exchange);
    expect(exchange.undelivered).toBe(true);
  });

  test("a pipelined exchange sends nothing before its turn, and then does (RFC 9112 §9.3.2)", async () => {
    const { client, arrival } = await open();
    client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    const first = await arrival();
    const second = await arrival();
    expect(second.interim(102, { Progress: "early/" })).toBe(false);
    expect(first.interim(102, {})).toBe(true);
    first.response.end("first");
    await once(first.response, "finish");
    expect(second.interim(102, {})).toBe(true);
    second.response.end("second");
    await client.until("second");
    expect(client.text).not.toContain("early");
    expect(client.text.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9))).toEqual([
      "102",
      "200",
      "102",
      "200",
    ]);
  });

  test("a pipelined exchange learns that its client left before its turn", async () => {
    const { client, arrival } = await open();
    client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    await arrival();
    const second = await arrival();
    second.request.resume();
    client.socket.destroy();
    await aborted(second);
    expect(second.state).toBe("closed");
    expect(second.undelivered).toBe(true);
  });

  test("while the client does not read, nothing is added", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    client.socket.pause();
    const fields = { "X-Fill": "x".repeat(8000) };
    let written = 0;
    const fill = async (): Promise<void> => {
      while (exchange.interim(102, fields)) {
        written += 1;
        if (written > 20_000) throw new Error("no end of interim responses for a client that does not read");
        await new Promise(setImmediate);
      }
    };
    await fill();
    const { socket } = exchange.request;
    expect(socket.writableLength).toBeLessThan(socket.writableHighWaterMark + 16 * 1024);
    expect(exchange.state).toBe("waiting");
    const drained = once(socket, "drain");
    client.socket.resume();
    await drained;
    expect(exchange.interim(102, {})).toBe(true);
    exchange.response.end("done");
    await client.until("done");
    expect(client.text.match(/HTTP\/1\.1 102 /g)).toHaveLength(written + 1);
  });

  test.each([
    ["a value", { Progress: "1/2\r\nHTTP/1.1 200 OK" }],
    ["a value in a list", { "Status-URI": ["200 <http://x/>", "a\nb: c"] }],
    ["a name", { "X: y\r\nZ": "1" }],
  ])("CR LF in %s is refused, and nothing is written (RFC 9110 §5.5)", async (_, fields) => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const exchange = await arrival();
    expect(() => exchange.interim(102, fields)).toThrow(TypeError);
    exchange.response.end("done");
    await client.until("done");
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(client.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("misuse throws even when it is too late: a test finds it, not a race", async () => {
    const { client, arrival } = await open();
    client.send("GET / HTTP/1.0\r\n\r\n");
    const exchange = await arrival();
    expect(() => exchange.interim(200, {})).toThrow(TypeError);
  });
});

/** Bytes in, bytes out. */
class RawClient {
  readonly socket: Socket;
  text = "";
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.text += text;
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Waits until the text that came ends in this. */
  async until(end: string): Promise<void> {
    while (!this.text.endsWith(end)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

async function aborted(exchange: Exchange): Promise<void> {
  if (!exchange.closed.aborted) await once(exchange.closed, "abort");
}

async function ended(exchange: Exchange): Promise<void> {
  if (exchange.state !== "closed") await once(exchange.response, "close");
}
