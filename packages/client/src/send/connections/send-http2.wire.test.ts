import { once } from "node:events";
import {
  constants,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { trusted } from "../../../../interim/src/testing/certificates.ts";
import { createRequester, type Requester } from "../requester.ts";
import type { InterimResponse } from "../send.ts";
import type { RequesterOptions } from "./origin.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function requester(options: RequesterOptions = {}): Requester {
  const made = createRequester({ environment: {}, tls: { ca: trusted.cert }, ...options });
  requesters.push(made);
  return made;
}

type Answer = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => unknown;

interface TestServer extends AsyncDisposable {
  readonly url: URL;
  readonly sessions: ServerHttp2Session[];
}

async function serve(
  answer: Answer,
  { secure = true, settings = {} }: { readonly secure?: boolean; readonly settings?: Settings } = {},
): Promise<TestServer> {
  const options = { settings, maxSessionMemory: 64 };
  const server: Http2Server | Http2SecureServer = secure
    ? createSecureServer({ ...options, ...trusted, allowHTTP1: false })
    : createServer(options);
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    void answer(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${secure ? "https" : "http"}://127.0.0.1:${port}/`),
    sessions,
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const transports = [
  { name: "TLS", secure: true, options: {} },
  { name: "prior knowledge", secure: false, options: { http2: "prior-knowledge" as const } },
];

describe.each(transports)("over HTTP/2 by $name", ({ secure, options }) => {
  test("interim responses are told in order, repeated fields kept (RFC 9113 §8.1)", async () => {
    await using server = await serve(
      (stream) => {
        stream.additionalHeaders({ ":status": 102, progress: "1/2", "status-uri": ["200 </a>", "200 </b>"] });
        stream.additionalHeaders({ ":status": 103, link: "</c>" });
        stream.respond({ ":status": 201, "content-length": 4 });
        stream.end("made");
      },
      { secure },
    );
    const told: InterimResponse[] = [];
    const response = await requester(options).send(server.url, {
      method: "COPY",
      onInterim: (one) => told.push(one),
    });
    expect(response.status).toBe(201);
    expect(await response.text()).toBe("made");
    expect(told.map(({ status }) => status)).toEqual([102, 103]);
    expect(told[0]?.headers.get("status-uri")).toBe("200 </a>, 200 </b>");
  });

  test("content goes up and comes down whole", async () => {
    await using server = await serve(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.pipe(stream);
      },
      { secure },
    );
    const content = new Uint8Array(3_000_000).map((_, at) => at);
    const sent: number[] = [];
    const response = await requester(options).send(server.url, {
      method: "PUT",
      content,
      onSent: (bytes) => sent.push(bytes),
    });
    expect(Buffer.compare(new Uint8Array(await response.arrayBuffer()), content)).toBe(0);
    expect(sent.at(-1)).toBe(3_000_000);
    expect(sent).toEqual([...sent].sort((a, b) => a - b));
  });

  test("requests share a connection", async () => {
    await using server = await serve(
      (stream) => {
        stream.respond({ ":status": 200 });
        stream.end("hi");
      },
      { secure },
    );
    const { send } = requester(options);
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(server.url)));
    for (const response of responses) expect(await response.text()).toBe("hi");
    expect(server.sessions).toHaveLength(1);
  });
});

test("another connection is opened where the peer takes no more streams (RFC 9113 §5.1.2)", async () => {
  const streams: ServerHttp2Stream[] = [];
  await using server = await serve(
    (stream) => {
      streams.push(stream);
      if (streams.length < 5) return;
      for (const one of streams) {
        one.respond({ ":status": 200 });
        one.end("hi");
      }
    },
    { settings: { maxConcurrentStreams: 2 } },
  );
  const { send } = requester();
  const responses = await Promise.all(Array.from({ length: 5 }, () => send(server.url)));
  for (const response of responses) expect(await response.text()).toBe("hi");
  expect(server.sessions).toHaveLength(3);
});

test("a refusal in the middle of an upload is delivered, and the upload stops (RFC 9113 §8.1)", async () => {
  await using server = await serve((stream) => {
    stream.once("data", () => {
      stream.respond({ ":status": 507, "content-type": "text/plain" });
      stream.end("the disk is full", () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
  });
  let given = 0;
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        given += 1;
        yield new Uint8Array(65_536);
      }
    } finally {
      closed = true;
    }
  }
  const response = await requester().send(server.url, { method: "PUT", content: { open: endless } });
  expect(response.status).toBe(507);
  expect(await response.text()).toBe("the disk is full");
  expect(closed).toBe(true);
  expect(given).toBeLessThan(1000);
});

test("a request that the peer refused to process is sent again, whatever its method (RFC 9113 §8.7)", async () => {
  let turn = 0;
  await using server = await serve((stream) => {
    turn += 1;
    if (turn === 1) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    stream.respond({ ":status": 201 });
    stream.end();
  });
  const response = await requester().send(server.url, { method: "POST", content: "x" });
  expect(response.status).toBe(201);
  expect(turn).toBe(2);
});

test("one that is refused each time fails, and is known not to have arrived", async () => {
  let turns = 0;
  await using server = await serve((stream) => {
    turns += 1;
    stream.close(constants.NGHTTP2_REFUSED_STREAM);
  });
  await expect(requester().send(server.url, { method: "POST", content: "x" })).rejects.toMatchObject({
    code: "lost",
    mayHaveArrived: false,
  });
  expect(turns).toBe(4);
});

test("after GOAWAY a new connection is opened, and what runs goes on (RFC 9113 §6.8)", async () => {
  const streams: ServerHttp2Stream[] = [];
  let arrived = (): void => {};
  const first = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await using server = await serve((stream) => {
    streams.push(stream);
    if (streams.length === 1) arrived();
    else {
      stream.respond({ ":status": 200 });
      stream.end("second");
    }
  });
  const { send } = requester();
  const early = send(server.url);
  await first;
  server.sessions[0]?.goaway(constants.NGHTTP2_NO_ERROR, streams[0]?.id ?? 0);
  expect(await (await send(server.url)).text()).toMatch("second");
  streams[0]?.respond({ ":status": 200 });
  streams[0]?.end("first");
  expect(await (await early).text()).toBe("first");
});

test("a connection that breaks fails its requests, which may have arrived", async () => {
  await using server = await serve((stream) => {
    stream.additionalHeaders({ ":status": 102 });
    stream.session?.destroy();
  });
  let told = 0;
  await expect(
    requester().send(server.url, {
      method: "POST",
      content: "x",
      onInterim: () => {
        told += 1;
      },
    }),
  ).rejects.toMatchObject({ name: "ConnectionError", code: "lost", mayHaveArrived: true });
  expect(told).toBeLessThanOrEqual(1);
});

test("content that breaks off is no end", async () => {
  await using server = await serve((stream) => {
    stream.respond({ ":status": 200, "content-length": 10 });
    stream.write("12345", () => stream.session?.destroy());
  });
  const response = await requester().send(server.url);
  await expect(response.text()).rejects.toMatchObject({ code: "lost" });
});

test("content that ends short of its length is malformed (RFC 9113 §8.1.1)", async () => {
  await using server = await serve((stream) => {
    stream.respond({ ":status": 200, "content-length": 10 });
    stream.write("12345", () => stream.close(constants.NGHTTP2_NO_ERROR));
  });
  const response = await requester().send(server.url);
  await expect(response.text()).rejects.toMatchObject({ code: "malformed" });
});

test("a server that does not speak HTTP/2 is spoken to in HTTP/1.1, over the connection that found it out", async () => {
  const { createServer: createHttps } = await import("node:https");
  const server = createHttps({ ...trusted }, (request, response) => response.end(request.httpVersion));
  let connections = 0;
  server.on("secureConnection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const { send } = requester();
  for (let turn = 0; turn < 3; turn += 1) expect(await (await send(url)).text()).toBe("1.1");
  expect(connections).toBe(1);
  server.closeAllConnections();
  server.close();
});

test("http2: false speaks HTTP/1.1 to a server that could do both", async () => {
  const server = createSecureServer({ ...trusted, allowHTTP1: true }, (request, response) =>
    response.end(request.httpVersion),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const one = requester({ http2: false });
  const other = requester();
  expect(await (await one.send(url)).text()).toBe("1.1");
  expect(await (await other.send(url)).text()).toBe("2.0");
  await one.close();
  await other.close();
  server.close();
});

describe("leaving over HTTP/2 ends the stream, and not the connection", () => {
  /** Sends without an end; tells by which code the stream was closed. */
  function endless(closed: (code: number) => void): Answer {
    return (stream) => {
      stream.once("close", () => closed(stream.rstCode));
      stream.respond({ ":status": 200 });
      const more = (): void => {
        while (!stream.destroyed && stream.write(Buffer.alloc(65_536)));
      };
      stream.on("drain", more);
      more();
    };
  }

  test("a body that is cancelled", async () => {
    let tell = (_code: number): void => {};
    const code = new Promise<number>((resolve) => {
      tell = resolve;
    });
    await using server = await serve(endless((value) => tell(value)));
    const response = await requester().send(server.url);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect(await code).toBe(constants.NGHTTP2_CANCEL);
    expect(server.sessions[0]?.destroyed).toBe(false);
  });

  test.each(["among interim responses", "in the middle of an upload", "in the middle of the content"])(
    "a signal that is aborted %s",
    async (when) => {
      const codes: Promise<number>[] = [];
      await using server = await serve((stream) => {
        codes.push(new Promise((resolve) => stream.once("close", () => resolve(stream.rstCode))));
        stream.additionalHeaders({ ":status": 102 });
        if (when !== "in the middle of the content") return;
        stream.respond({ ":status": 200 });
        stream.write("half");
      });
      const abort = new AbortController();
      const options = {
        method: "PUT",
        signal: abort.signal,
        ...(when === "in the middle of an upload" ? { content: new Uint8Array(50_000_000) } : {}),
        onInterim: () => {
          if (when !== "in the middle of the content") abort.abort("enough");
        },
      };
      const read = async (): Promise<void> => {
        const response = await requester().send(server.url, options);
        const reader = response.body?.getReader();
        await reader?.read();
        abort.abort("enough");
        await reader?.read();
      };
      await expect(read()).rejects.toBe("enough");
      expect(await codes[0]).toBe(constants.NGHTTP2_CANCEL);
      expect(server.sessions[0]?.destroyed).toBe(false);
    },
  );
});

test("content that can be sent once waits for 100 over HTTP/2 too, so that a 401 leaves it whole", async () => {
  await using server = await serve((stream, headers) => {
    if (headers.authorization === undefined) {
      stream.respond({ ":status": 401 }, { endStream: true });
      return;
    }
    stream.additionalHeaders({ ":status": 100 });
    stream.respond({ ":status": 200 });
    stream.pipe(stream);
  });
  const content = new Blob(["once"]).stream();
  const { send } = requester({ continueWaitMs: 10_000 });
  expect((await send(server.url, { method: "PUT", content })).status).toBe(401);
  const response = await send(server.url, { method: "PUT", content, headers: { Authorization: "Bearer x" } });
  expect(await response.text()).toBe("once");
});
