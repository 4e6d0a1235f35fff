import { once } from "node:events";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { trusted } from "../../../interim/src/testing/certificates.ts";
import type { RequesterOptions } from "./connections/origin.ts";
import { createRequester, type Requester } from "./requester.ts";
import type { SendOptions } from "./send.ts";
import { final, interim, serveRaw } from "./testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function send(url: URL, options: SendOptions = {}, how: RequesterOptions = {}): Promise<Response> {
  const made = createRequester({ environment: {}, tls: { ca: trusted.cert }, ...how });
  requesters.push(made);
  return made.send(url, options);
}

/** A server that sends so many interim responses with a field of that size, as fast as they are taken. */
interface InterimServer extends AsyncDisposable {
  readonly url: URL;
}
type Serve = (count: number, bytes: number) => Promise<InterimServer>;

const overHttp1 =
  (secure: boolean): Serve =>
  (count, bytes) =>
    serveRaw(
      async (connection) => {
        await connection.until();
        const one = interim(102, `Progress: 1/2`, `Status-URI: ${"x".repeat(bytes)}`);
        for (let sent = 0; sent < count; sent += 1) await write(connection.socket, one);
        connection.send(final(200, "done"));
      },
      secure ? trusted : undefined,
    );

const overHttp2: Serve = async (count, bytes) => {
  const server = createServer({ maxSessionMemory: 64 });
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    void tell(stream, count, bytes);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
};

async function tell(stream: ServerHttp2Stream, count: number, bytes: number): Promise<void> {
  const fields = { ":status": 102, progress: "1/2", "status-uri": "x".repeat(bytes) };
  for (let sent = 0; sent < count; sent += 1) {
    if (stream.destroyed) return;
    stream.additionalHeaders(fields);
    // Node holds frames back without a limit of its own: the socket has to get a turn.
    if (sent % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  if (stream.destroyed) return;
  stream.respond({ ":status": 200 });
  stream.end("done");
}

async function write(socket: Socket, text: string): Promise<void> {
  if (!socket.write(text, "latin1")) await once(socket, "drain");
}

describe.each([
  { over: "HTTP/1.1", serve: overHttp1(false), how: {} },
  { over: "HTTP/1.1 and TLS", serve: overHttp1(true), how: {} },
  { over: "HTTP/2", serve: overHttp2, how: { http2: "prior-knowledge" as const } },
])("over $over", ({ serve, how }) => {
  test.each([
    [0, 0],
    [1, 10],
    [200, 10],
    [5000, 15_000],
  ])("%i interim responses with a field of %i bytes are all told (RFC 9110 §15.2)", async (count, bytes) => {
    await using server = await serve(count, bytes);
    let told = 0;
    let fieldBytes = 0;
    const options: SendOptions = {
      method: "COPY",
      onInterim: ({ status, headers }) => {
        if (status === 102) told += 1;
        fieldBytes += headers.get("status-uri")?.length ?? 0;
      },
    };
    const response = await send(server.url, options, how);
    expect(await response.text()).toBe("done");
    expect(told).toBe(count);
    expect(fieldBytes).toBe(count * bytes);
  });

  test("one that is larger than the limit is a clear error", async () => {
    await using server = await serve(1, 40_000);
    await expect(send(server.url, { method: "COPY" }, how)).rejects.toMatchObject({
      name: "ConnectionError",
      code: "malformed",
      mayHaveArrived: true,
    });
  });

  test("what onInterim throws ends the request, and is what it rejects with", async () => {
    await using server = await serve(3, 10);
    const reason = new Error("enough");
    let told = 0;
    const options: SendOptions = {
      onInterim: () => {
        told += 1;
        throw reason;
      },
    };
    await expect(send(server.url, options, how)).rejects.toBe(reason);
    expect(told).toBe(1);
  });
});

test("field lines are kept, however many there are", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102, ...Array.from({ length: 2500 }, (_, at) => `S: ${at}`)));
    connection.send(final(200, ""));
  });
  const told: (string | null)[] = [];
  await send(server.url, { onInterim: ({ headers }) => told.push(headers.get("s")) });
  expect(told[0]?.split(", ")).toHaveLength(2500);
});

test("every 1xx but 101 is told, with its status", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    for (const status of [100, 102, 103, 104, 150, 199]) connection.send(interim(status));
    connection.send(final(200, ""));
  });
  const told: number[] = [];
  await send(server.url, { onInterim: ({ status }) => told.push(status) });
  expect(told).toEqual([100, 102, 103, 104, 150, 199]);
});

test("an interim response ends with its fields, whatever they say of content (RFC 9112 §6.3)", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102, "Content-Length: 5") + interim(102, "Transfer-Encoding: chunked"));
    connection.send(final(200, "hi"));
  });
  expect(await (await send(server.url)).text()).toBe("hi");
});

test.each([
  ["with a line that is no field", "HTTP/1.1 102 Processing\r\nno field\r\n\r\n"],
  ["with a bare line feed", "HTTP/1.1 102 Processing\nA: b\n\n"],
  ["with a NUL", "HTTP/1.1 102 Processing\r\nA: \0\r\n\r\n"],
  ["with a status that is none", "HTTP/1.1 1x2 Processing\r\n\r\n"],
  ["101 that nobody asked for", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
  ["101 without a word of what to", "HTTP/1.1 101 Switching\r\n\r\n"],
])("an interim response %s is malformed", async (_what, bytes) => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102));
    connection.send(bytes);
  });
  await expect(send(server.url)).rejects.toMatchObject({ code: "malformed", interims: 1 });
});
