import { once } from "node:events";
import { type ClientRequest, request as startRequest } from "node:http";
import { type ClientHttp2Stream, connect, createServer as createHttp2 } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  InterimLimitError,
  type InterimReadingOptions,
  type ReceivedInterim,
  readInterims,
} from "./interim-reading.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

type Interims = readonly (readonly [status: number, lines: readonly (readonly [string, string])[]])[];

/** A request that is answered by these interim responses and a final one. */
type Ask = (interims: Interims) => Promise<ClientRequest | ClientHttp2Stream>;

const overHttp1: Ask = async (interims) => {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", () => {
      for (const [status, lines] of interims) {
        const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        socket.write(`HTTP/1.1 ${status} Interim\r\n${fields}\r\n`);
      }
      socket.end("HTTP/1.1 204 No Content\r\n\r\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const request = startRequest({ host: "127.0.0.1", port, maxHeaderSize: 64 * 1024 });
  request.maxHeadersCount = 0;
  request.end();
  return request;
};

const overHttp2: Ask = async (interims) => {
  const server = createHttp2();
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    for (const [status, lines] of interims) {
      const fields: Record<string, string | string[]> = {};
      for (const [name, value] of lines) {
        const had = fields[name];
        fields[name] = had === undefined ? value : [had, value].flat();
      }
      stream.additionalHeaders({ ":status": status, ...fields });
    }
    stream.respond({ ":status": 204 }, { endStream: true });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    settings: { maxHeaderListSize: 128 * 1024 },
  });
  cleanups.push(
    () => server.close(),
    () => session.destroy(),
  );
  return session.request({ ":path": "/" });
};

/** Reads until the final response. */
async function read(
  exchange: ClientRequest | ClientHttp2Stream,
  options: Partial<InterimReadingOptions> = {},
): Promise<{ told: ReceivedInterim[]; errors: unknown[] }> {
  const told: ReceivedInterim[] = [];
  const errors: unknown[] = [];
  readInterims(exchange, {
    onInterim: (interim) => told.push(interim),
    onError: (error) => errors.push(error),
    ...options,
  });
  exchange.on("error", () => {});
  exchange.on("response", (response: unknown) => {
    if (typeof response === "object" && response !== null && "resume" in response) {
      (response as { resume(): void }).resume();
    }
  });
  await once(exchange, "close");
  return { told, errors };
}

describe.each([
  { over: "HTTP/1.1", ask: overHttp1 },
  { over: "HTTP/2", ask: overHttp2 },
])("reading over $over", ({ ask }) => {
  test("each is told in order; a field that came twice is there twice (RFC 9110 §15.2)", async () => {
    const lines = [
      ["progress", "1/2"],
      ["status-uri", "200 </a>"],
      ["status-uri", "423 </b>"],
    ] as const;
    const { told, errors } = await read(
      await ask([
        [102, lines],
        [103, []],
        [199, [["x", "y"]]],
      ]),
    );
    expect(told.map(({ status }) => status)).toEqual([102, 103, 199]);
    expect(told[0]?.lines.filter(([name]) => name !== "date")).toEqual(lines);
    expect(errors).toEqual([]);
  });

  test("one beyond the limit is an error, and nothing is told after it", async () => {
    const { told, errors } = await read(
      await ask([
        [102, [["a", "x".repeat(900)]]],
        [102, [["a", "x".repeat(1100)]]],
        [102, []],
      ]),
      { largestBytes: 1000 },
    );
    expect(told).toHaveLength(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(InterimLimitError);
    expect(errors[0]).toMatchObject({ code: "too-large" });
  });

  test("a flood is an error", async () => {
    const { told, errors } = await read(await ask(Array.from({ length: 20 }, () => [102, []] as const)), {
      burstBytes: 10 * 1024,
      now: () => 0,
    });
    expect(told).toHaveLength(10);
    expect(errors).toMatchObject([{ code: "flood" }]);
  });

  test("what the listener throws goes to onError", async () => {
    const reason = new Error("enough");
    const { errors } = await read(
      await ask([
        [102, []],
        [102, []],
      ]),
      {
        onInterim: () => {
          throw reason;
        },
      },
    );
    expect(errors).toEqual([reason]);
  });

  test("reading can be stopped", async () => {
    const exchange = await ask([
      [102, []],
      [102, []],
    ]);
    let told = 0;
    const stop = readInterims(exchange, {
      onInterim: () => {
        told += 1;
        stop();
      },
      onError: () => {},
    });
    await read(exchange);
    expect(told).toBe(1);
  });
});
