import { afterEach, describe, expect, test } from "vitest";
import { trusted } from "../../../interim/src/testing/certificates.ts";
import type { RequesterOptions } from "./connections/origin.ts";
import { createRequester, type Requester } from "./requester.ts";
import type { RequestContent, SendOptions } from "./send.ts";
import { final, interim, serveRaw } from "./testing/raw-server.ts";
import { settled, standsStill } from "./testing/settled.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function send(url: URL, options: SendOptions, how: RequesterOptions = {}): Promise<Response> {
  const made = createRequester({ environment: {}, tls: { ca: trusted.cert }, continueWaitMs: 20, ...how });
  requesters.push(made);
  return made.send(url, { method: "PUT", ...options });
}

/** Content of one byte value, with or without its length; tells whether it was closed. */
class Pieces {
  closed = 0;
  opened = 0;
  given = 0;
  readonly length?: number;
  readonly #count: number;
  readonly #bytes: number;

  constructor(count: number, bytes: number, known: boolean) {
    this.#count = count;
    this.#bytes = bytes;
    if (known) this.length = count * bytes;
  }

  async *open(): AsyncGenerator<Uint8Array> {
    this.opened += 1;
    try {
      for (let at = 0; at < this.#count; at += 1) {
        this.given += 1;
        yield new Uint8Array(this.#bytes).fill(65);
      }
    } finally {
      this.closed += 1;
    }
  }
}

function streamOf(...parts: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  });
}

test.each<[string, () => RequestContent, RegExp]>([
  ["a string", () => "héllo", /content-length: 6\r\n.*\r\n\r\nh\xc3\xa9llo$/is],
  ["an empty string", () => "", /content-length: 0\r\n.*\r\n\r\n$/is],
  ["bytes", () => new Uint8Array([104, 105]), /content-length: 2\r\n.*\r\n\r\nhi$/is],
  ["a Blob", () => new Blob(["hi", "!"]), /content-length: 3\r\n.*\r\n\r\nhi!$/is],
  [
    "repeatable content of known length",
    () => new Pieces(2, 2, true),
    /content-length: 4\r\n.*\r\n\r\nAAAA$/is,
  ],
  [
    "repeatable content of unknown length",
    () => new Pieces(2, 2, false),
    /transfer-encoding: chunked\r\n.*\r\n\r\n(2\r\nAA\r\n2\r\nAA|4\r\nAAAA)\r\n0\r\n\r\n$/is,
  ],
  [
    "a stream",
    () => streamOf("h", "i"),
    /transfer-encoding: chunked\r\n.*\r\n\r\n(1\r\nh\r\n1\r\ni|2\r\nhi)\r\n0\r\n\r\n$/is,
  ],
])("%s is sent, with its length where that is known (RFC 9112 §6)", async (_what, content, expected) => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    if (/expect: 100-continue/i.test(connection.received)) connection.send(interim(100));
    const { received } = connection;
    if (/chunked/.test(received)) await connection.until("\r\n0\r\n\r\n");
    else {
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
      const head = received.indexOf("\r\n\r\n") + 4;
      while (connection.received.length < head + length)
        await connection.until(connection.received.slice(-1));
    }
    connection.send(final(201, ""));
  });
  const response = await send(server.url, { content: content() });
  expect(response.status).toBe(201);
  expect(server.connections[0]?.received).toMatch(expected);
});

test("onSent counts up to all bytes", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until("0\r\n\r\n");
    connection.send(final(201, ""));
  });
  const sent: number[] = [];
  await send(server.url, { content: new Pieces(20, 100_000, false), onSent: (bytes) => sent.push(bytes) });
  expect(sent.at(-1)).toBe(2_000_000);
  expect(sent).toEqual([...sent].sort((a, b) => a - b));
  expect(sent.length).toBeGreaterThan(20);
});

test("content is read no faster than the other side takes it", async () => {
  await using server = await serveRaw(({ socket }) => socket.pause());
  const content = new Pieces(10_000, 65_536, true);
  const abort = new AbortController();
  let last = 0;
  const rejected = expect(
    send(server.url, {
      content,
      signal: abort.signal,
      onSent: (bytes) => {
        last = bytes;
      },
    }),
  ).rejects.toBe("stop");
  await standsStill(() => last);
  expect(content.given).toBeLessThan(500);
  abort.abort("stop");
  await rejected;
  expect(content.closed).toBe(1);
});

describe.each([
  { over: "HTTP/1.1", certificate: undefined },
  { over: "HTTP/1.1 and TLS", certificate: trusted },
])("a refusal in the middle of an upload over $over (RFC 9112 §9.5)", ({ certificate }) => {
  test.each([401, 413, 507])("%i is delivered, although the server closes at once", async (status) => {
    await using server = await serveRaw(async ({ socket, until, send: answer }) => {
      await until();
      // Content that is not read makes the close a reset.
      socket.pause();
      answer(interim(100) + final(status, "no, thank you", "Connection: close"));
      socket.destroySoon();
    }, certificate);
    const content = new Pieces(1000, 65_536, true);
    const response = await send(server.url, { content });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe("no, thank you");
    expect(content.given).toBeLessThan(1000);
    expect(content.closed).toBe(1);
  });

  test("it is delivered where writing fails before it was read", async () => {
    let answered = (): void => {};
    const gone = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await using server = await serveRaw(async ({ socket, until, send: answer }) => {
      socket.once("close", answered);
      await until("AAAA");
      answer(final(507, "full", "Connection: close"));
      socket.destroySoon();
    }, certificate);
    const content = {
      async *open(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(4).fill(65);
        await gone;
        // In the same turn in which it closed: the answer waits in our own machine, unread.
        for (let at = 0; at < 20; at += 1) yield new Uint8Array(1000).fill(66);
      },
    };
    const response = await send(server.url, { content });
    expect(response.status).toBe(507);
    expect(await response.text()).toBe("full");
  });

  test("it is delivered while the server keeps the connection open and reads no more", async () => {
    await using server = await serveRaw(async ({ socket, until, send: answer }) => {
      await until();
      socket.pause();
      answer(final(507, "full"));
    }, certificate);
    const content = new Pieces(1000, 65_536, true);
    const response = await send(server.url, { content });
    expect(await response.text()).toBe("full");
    // What was announced was not sent: no other request can follow.
    server.connections[0]?.socket.resume();
    await server.connections[0]?.closed;
  });
});

test("a success in the middle of an upload does not end it", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until("AAAA");
    connection.send(final(200, "early"));
    await connection.until("\r\n0\r\n\r\n");
  });
  let last = 0;
  const content = new Pieces(50, 65_536, false);
  const response = await send(server.url, {
    content,
    onSent: (bytes) => {
      last = bytes;
    },
  });
  expect(await response.text()).toBe("early");
  await (await server.connection(0)).until("\r\n0\r\n\r\n");
  expect(content.given).toBe(50);
  expect(last).toBeGreaterThan(0);
});

describe("Expect: 100-continue (RFC 9110 §10.1.1)", () => {
  const large = (): Pieces => new Pieces(20, 65_536, true);

  test("large content waits for 100, and not for 102", async () => {
    let before = -1;
    let tell = (): void => {};
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.send(interim(102));
      await told;
      // What a client that took 102 for 100 would send meanwhile.
      await settled();
      before = connection.received.length - connection.received.indexOf("\r\n\r\n") - 4;
      connection.send(interim(100));
      await connection.until("A");
      connection.send(final(201, ""));
    });
    const response = await send(
      server.url,
      { content: large(), onInterim: () => tell() },
      { continueWaitMs: 10_000 },
    );
    expect(response.status).toBe(201);
    expect(before).toBe(0);
    expect(server.connections[0]?.received).toMatch(/^expect: 100-continue\r$/im);
  });

  test("small content does not wait", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until("hello");
      connection.send(final(201, ""));
    });
    await send(server.url, { content: "hello" });
    expect(server.connections[0]?.received).not.toMatch(/^expect:/im);
  });

  test("a server that says nothing gets the content all the same", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until("A");
      connection.send(final(201, ""));
    });
    const response = await send(server.url, { content: large() }, { continueWaitMs: 20 });
    expect(response.status).toBe(201);
  });

  test("a refusal comes before any content, which is not opened: a stream can be sent with credentials then", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      if (!/^authorization:/im.test(connection.received)) {
        connection.send(final(401, "who?"));
        return;
      }
      connection.send(interim(100));
      await connection.until("\r\n0\r\n\r\n");
      connection.send(final(201, ""));
    });
    const content = streamOf("secret");
    const how = { continueWaitMs: 10_000 };
    const refused = await send(server.url, { content }, how);
    expect(refused.status).toBe(401);
    expect(await refused.text()).toBe("who?");
    const accepted = await send(server.url, { content, headers: { Authorization: "Bearer x" } }, how);
    expect(accepted.status).toBe(201);
    expect(server.connections[0]?.received).not.toMatch("secret");
    expect(server.connections[1]?.received).toMatch("secret");
  });

  test("417 makes it repeat the request without the expectation", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      if (/^expect:/im.test(connection.received)) connection.send(final(417, ""));
      else {
        await connection.until("A");
        connection.send(final(201, ""));
      }
    });
    const response = await send(server.url, { content: large() }, { continueWaitMs: 10_000 });
    expect(response.status).toBe(201);
    expect(server.connections).toHaveLength(2);
  });
});

describe("content that is wrong", () => {
  test("a length that is not kept ends the request, and says so", async () => {
    await using server = await serveRaw();
    for (const length of [3, 5]) {
      const content = { length, open: () => streamOf("four") };
      await expect(send(server.url, { content })).rejects.toMatchObject({ code: "ERR_CONTENT_LENGTH" });
    }
  });

  test("what the source throws is what the request rejects with", async () => {
    await using server = await serveRaw();
    const reason = new Error("the disk is gone");
    const content = {
      async *open(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(10);
        throw reason;
      },
    };
    await expect(send(server.url, { content })).rejects.toBe(reason);
    await server.connections[0]?.closed;
  });

  test("a stream that was read already", async () => {
    await using server = await serveRaw();
    const content = streamOf("x");
    content.getReader();
    await expect(send(server.url, { content })).rejects.toMatchObject({ code: "ERR_CONTENT_CONSUMED" });
  });

  test("what is no content, and content where there is none", async () => {
    const url = new URL("http://127.0.0.1:1/");
    await expect(send(url, { content: 5 as unknown as string })).rejects.toMatchObject({
      code: "ERR_REQUEST_CONTENT",
    });
    await expect(send(url, { method: "GET", content: "x" })).rejects.toMatchObject({
      code: "ERR_REQUEST_CONTENT",
    });
  });
});
