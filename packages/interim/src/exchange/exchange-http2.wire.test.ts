import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type Http2ServerRequest,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type AddressInfo, connect as connectRaw, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { openExchange } from "./open-exchange.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server whose exchanges the test answers by hand. */
async function open(): Promise<{ port: number; arrival: () => Promise<Exchange> }> {
  const server = createServer();
  const arrived: Exchange[] = [];
  const waiting: ((exchange: Exchange) => void)[] = [];
  server.on("session", (session) => cleanups.push(() => session.destroy()));
  server.on("request", (request, response) => {
    const exchange = openExchange(request, response);
    const taker = waiting.shift();
    if (taker === undefined) arrived.push(exchange);
    else taker(exchange);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return {
    port: (server.address() as AddressInfo).port,
    arrival: () =>
      new Promise((resolve) => {
        const exchange = arrived.shift();
        if (exchange === undefined) waiting.push(resolve);
        else resolve(exchange);
      }),
  };
}

interface Call {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  /** Interim responses, as they came. */
  readonly interims: IncomingHttpHeaders[];
  /** The status of the final response and its content. */
  readonly final: Promise<string>;
}

function call(port: number, headers: OutgoingHttpHeaders, options: { endStream: boolean }): Call {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  cleanups.push(() => session.destroy());
  const stream = session.request(headers, options);
  const interims: IncomingHttpHeaders[] = [];
  stream.on("error", () => undefined);
  stream.on("headers", (interim) => interims.push(interim));
  const final = new Promise<string>((resolve) => {
    let text = "";
    stream.on("response", ({ ":status": status }) => {
      text = `${status} `;
    });
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    stream.on("close", () => resolve(text));
  });
  return { session, stream, interims, final };
}

const get = { ":method": "GET", ":path": "/" };
const put = { ":method": "PUT", ":path": "/" };

describe("an exchange over HTTP/2", () => {
  test("interim responses come before the final one (RFC 9113 §8.1), a list as one field line an item", async () => {
    const { port, arrival } = await open();
    const { interims, final } = call(port, get, { endStream: true });
    const exchange = await arrival();
    expect(exchange.protocol).toBe("HTTP/2");
    expect(exchange.state).toBe("waiting");
    expect(exchange.requestComplete).toBe(true);
    expect(exchange.interim(102, { Location: "/status", Progress: "0/2" })).toBe(true);
    expect(exchange.interim(102, { "X-One": ["1", "2", "3"] })).toBe(true);
    exchange.response.end("done");
    expect(exchange.state).toBe("answering");
    expect(await final).toBe("200 done");
    expect(interims).toHaveLength(2);
    expect(interims[0]).toMatchObject({ ":status": 102, location: "/status", progress: "0/2" });
    expect(interims[1]).toMatchObject({ ":status": 102, "x-one": "1, 2, 3" });
  });

  test("an interim response is a HEADERS frame that does not end the stream, each item a field line", async () => {
    const { port, arrival } = await open();
    const client = await openRaw(port);
    client.write(requestFrames);
    const exchange = await arrival();
    exchange.interim(102, { "Status-URI": ["200 <http://x/1>", "423 <http://x/2>"] });
    exchange.response.end("done");
    const frames = await readFrames(client, (found) =>
      found.some((frame) => frame.type === 0 && (frame.flags & 1) === 1),
    );
    const headers = frames.filter((frame) => frame.type === 1);
    expect(headers).toHaveLength(2);
    // END_HEADERS (4) without END_STREAM (1).
    expect(headers[0]?.flags).toBe(4);
    // Neither joined by a comma: two literals, the second by the name that the first put in the table.
    const block = headers[0]?.payload.toString("latin1") ?? "";
    expect(block.length).toBeGreaterThan(10);
    expect(block).not.toContain(",");
    expect(frames.findIndex((frame) => frame.type === 0)).toBeGreaterThan(
      frames.indexOf(headers[0] as Frame),
    );
  });

  test("names that are names of objects' properties stay names", async () => {
    const { port, arrival } = await open();
    const { interims, final } = call(port, get, { endStream: true });
    const exchange = await arrival();
    expect(exchange.interim(102, { constructor: "1", toString: "2" })).toBe(true);
    exchange.response.end();
    await final;
    expect(interims[0]).toMatchObject({ constructor: "1", tostring: "2" });
  });

  test("no 102 before the complete request was received (RFC 2518 §10.1)", async () => {
    const { port, arrival } = await open();
    const { stream, interims, final } = call(port, put, { endStream: false });
    stream.write("abc");
    const exchange = await arrival();
    let told = 0;
    exchange.whenRequestComplete(() => {
      told += 1;
    });
    expect(exchange.requestComplete).toBe(false);
    expect(exchange.interim(102, {})).toBe(false);
    exchange.request.resume();
    stream.end("def");
    await once(exchange.request, "end");
    expect(exchange.requestComplete).toBe(true);
    expect(told).toBe(1);
    expect(exchange.interim(102, {})).toBe(true);
    exchange.response.end("done");
    expect(await final).toBe("200 done");
    expect(interims).toHaveLength(1);
  });

  test("content that was received but not read completes the request too", async () => {
    const { port, arrival } = await open();
    const { stream } = call(port, put, { endStream: false });
    stream.end("abc");
    const exchange = await arrival();
    while (!exchange.requestComplete) await new Promise(setImmediate);
    expect(exchange.interim(102, {})).toBe(true);
  });

  test.each([
    ["is reset (RST_STREAM, CANCEL)", (client: Socket) => client.write(resetFrame(constants.NGHTTP2_CANCEL))],
    [
      "is reset (RST_STREAM, NO_ERROR)",
      (client: Socket) => client.write(resetFrame(constants.NGHTTP2_NO_ERROR)),
    ],
    ["loses its connection", (client: Socket) => client.destroy()],
  ])("an upload that %s is never complete", async (_, breakOff) => {
    const { port, arrival } = await open();
    const client = await openRaw(port);
    client.write(uploadFrames);
    const exchange = await arrival();
    let told = 0;
    exchange.whenRequestComplete(() => {
      told += 1;
    });
    const read = once(exchange.request, "data");
    exchange.request.resume();
    await read;
    expect(exchange.requestComplete).toBe(false);
    breakOff(client);
    await aborted(exchange);
    await new Promise(setImmediate);
    expect(exchange.requestComplete).toBe(false);
    expect(told).toBe(0);
    expect(exchange.interim(102, {})).toBe(false);
  });

  test("nothing is written once the final response has begun", async () => {
    const { port, arrival } = await open();
    const { interims, final } = call(port, get, { endStream: true });
    const exchange = await arrival();
    exchange.response.writeHead(200);
    expect(exchange.interim(102, {})).toBe(false);
    exchange.response.end("done");
    expect(exchange.interim(102, {})).toBe(false);
    expect(await final).toBe("200 done");
    expect(exchange.interim(102, {})).toBe(false);
    expect(interims).toHaveLength(0);
  });

  test("a final response that was handed over closes the exchange, delivered", async () => {
    const { port, arrival } = await open();
    const { final, session } = call(port, get, { endStream: true });
    const exchange = await arrival();
    const { closed } = exchange;
    exchange.response.end("done");
    await final;
    await ended(exchange);
    const served = (exchange.request as Http2ServerRequest).stream.session;
    session.destroy();
    if (served !== undefined && !served.closed) await once(served, "close");
    expect(exchange.undelivered).toBe(false);
    expect(closed.aborted).toBe(false);
  });

  test.each([
    ["resets its stream", ({ stream }: Call) => stream.close(constants.NGHTTP2_CANCEL)],
    ["resets its stream without an error", ({ stream }: Call) => stream.close(constants.NGHTTP2_NO_ERROR)],
    ["ends its session", ({ session }: Call) => session.destroy()],
  ])("a client that %s before the final response leaves it undelivered", async (_, leave) => {
    const { port, arrival } = await open();
    const left = call(port, get, { endStream: true });
    const exchange = await arrival();
    leave(left);
    await aborted(exchange);
    expect(exchange.state).toBe("closed");
    expect(exchange.undelivered).toBe(true);
    expect(exchange.interim(102, {})).toBe(false);
  });

  test("a client that loses its connection before the final response leaves it undelivered", async () => {
    const { port, arrival } = await open();
    const client = await openRaw(port);
    client.write(requestFrames);
    const exchange = await arrival();
    client.destroy();
    await aborted(exchange);
    expect(exchange.state).toBe("closed");
    expect(exchange.undelivered).toBe(true);
  });

  test("a client that resets its stream in the middle of the final response leaves it undelivered", async () => {
    const { port, arrival } = await open();
    const { stream } = call(port, get, { endStream: true });
    const exchange = await arrival();
    exchange.response.writeHead(200);
    // More than the window: the end is never handed over.
    exchange.response.end(Buffer.alloc(1024 * 1024));
    await once(stream, "response");
    stream.close(constants.NGHTTP2_CANCEL);
    await aborted(exchange);
    expect(exchange.undelivered).toBe(true);
  });

  test("while the client does not read, nothing is added without end", async () => {
    const { port, arrival } = await open();
    const client = await openRaw(port);
    client.pause();
    client.write(requestFrames);
    const exchange = await arrival();
    const fields = { "X-Fill": "~".repeat(8000) };
    let written = 0;
    while (exchange.interim(102, fields)) {
      written += 1;
      if (written > 20_000) throw new Error("no end of interim responses for a client that does not read");
      await new Promise(setImmediate);
    }
    expect(exchange.state).toBe("waiting");
    client.resume();
    while (!exchange.interim(102, {})) await new Promise(setImmediate);
  });

  test("many streams of one session get theirs at one moment", async () => {
    const { port, arrival } = await open();
    const session = connect(`http://127.0.0.1:${port}`);
    cleanups.push(() => session.destroy());
    let interims = 0;
    const exchanges: Exchange[] = [];
    for (let i = 0; i < 100; i += 1) {
      session.request(get).on("headers", () => {
        interims += 1;
      });
      exchanges.push(await arrival());
    }
    expect(exchanges.map((exchange) => exchange.interim(102, {}))).not.toContain(false);
    while (interims < 100) await new Promise(setImmediate);
  });

  test.each([
    ["a value", { Progress: "1/2\r\nx: y" }],
    ["a value in a list", { "Status-URI": ["200 <http://x/>", "a\nb: c"] }],
    ["a name", { "X: y\r\nZ": "1" }],
  ])("CR LF in %s is refused, and nothing is written (RFC 9113 §8.2.1)", async (_, fields) => {
    const { port, arrival } = await open();
    const { interims, final } = call(port, get, { endStream: true });
    const exchange = await arrival();
    expect(() => exchange.interim(102, fields)).toThrow(TypeError);
    exchange.response.end("done");
    expect(await final).toBe("200 done");
    expect(interims).toHaveLength(0);
  });
});

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly payload: Buffer;
}

/** Preface, SETTINGS, and HEADERS of `GET / HTTP/2` with END_STREAM, HPACK from the static table (RFC 7541 §A). */
const requestFrames: Buffer = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  Buffer.from([0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 1, 0x78]),
]);

/** The same with PUT, without END_STREAM, and three bytes of content. */
const uploadFrames: Buffer = Buffer.concat([
  requestFrames.subarray(0, -15),
  Buffer.from([0, 0, 10, 1, 4, 0, 0, 0, 1, 0x42, 3, 0x50, 0x55, 0x54, 0x86, 0x84, 0x41, 1, 0x78]),
  Buffer.from([0, 0, 3, 0, 0, 0, 0, 0, 1, 0x61, 0x62, 0x63]),
]);

function resetFrame(code: number): Buffer {
  return Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, code]);
}

async function openRaw(port: number): Promise<Socket> {
  const socket = connectRaw(port, "127.0.0.1");
  socket.on("error", () => undefined);
  cleanups.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function readFrames(
  socket: Socket,
  enough: (frames: readonly Frame[]) => boolean,
): Promise<readonly Frame[]> {
  let bytes = Buffer.alloc(0);
  const frames: Frame[] = [];
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      frames.push({ type: bytes.readUInt8(3), flags: bytes.readUInt8(4), payload: bytes.subarray(9, end) });
      bytes = bytes.subarray(end);
    }
    if (enough(frames)) break;
  }
  return frames;
}

async function aborted(exchange: Exchange): Promise<void> {
  if (!exchange.closed.aborted) await once(exchange.closed, "abort");
}

async function ended(exchange: Exchange): Promise<void> {
  if (exchange.state !== "closed") await once(exchange.response, "close");
}
