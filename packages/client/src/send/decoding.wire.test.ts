import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createRequester, type Requester } from "./requester.ts";
import { type RawServer, serveRaw } from "./testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function requester(): Requester {
  const made = createRequester({ environment: {} });
  requesters.push(made);
  return made;
}

function answering(coding: string, content: Uint8Array, status = 200): Promise<RawServer> {
  return serveRaw(async (connection) => {
    await connection.until();
    connection.send(
      `HTTP/1.1 ${status} X\r\nContent-Encoding: ${coding}\r\nContent-Length: ${content.length}\r\n\r\n`,
    );
    connection.send(content);
    connection.socket.end();
  });
}

const text = "members ".repeat(10_000);

test.each([
  ["gzip", gzipSync(text)],
  ["x-gzip", gzipSync(text)],
  ["GZIP", gzipSync(text)],
  ["deflate", deflateSync(text)],
  ["br", brotliCompressSync(text)],
  ["deflate, gzip", gzipSync(deflateSync(text))],
  ["identity", Buffer.from(text)],
])(
  "content coded by %s is decoded, and the fields tell of what is given (RFC 9110 §8.4)",
  async (coding, bytes) => {
    for (const accepted of [coding, "zstd, *;q=0.5", "gzip;q=1, br ;q=0.5, deflate"]) {
      await using server = await answering(coding, bytes);
      const response = await requester().send(server.url, { headers: { "Accept-Encoding": accepted } });
      expect(await response.text()).toBe(text);
      if (coding === "identity") continue;
      expect(response.headers.has("content-encoding")).toBe(false);
      expect(response.headers.has("content-length")).toBe(false);
    }
  },
);

test.each<[string, Uint8Array, string | undefined]>([
  ["gzip", gzipSync(text), undefined],
  ["x-gzip", gzipSync(text), "identity"],
  ["x-gzip", gzipSync(text), "gzip;q=0, *;q=0"],
  ["gzip", gzipSync(text), "br"],
  ["br", brotliCompressSync(text), "gzip"],
  ["deflate", deflateSync(text), "identity"],
  ["gzip, deflate", deflateSync(gzipSync(text)), "gzip"],
  ["gzip", Buffer.from("this is no gzip"), undefined],
])(
  "what GET gives coded by %s, and nobody asked for, is stored so (RFC 9110 §12.5.3)",
  async (coding, bytes, accepted) => {
    await using server = await answering(coding, bytes);
    const headers: Record<string, string> = accepted === undefined ? {} : { "Accept-Encoding": accepted };
    const response = await requester().send(server.url, { headers });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    expect(response.headers.get("content-encoding")).toBe(coding);
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
  },
);

const xml = '\ufeff<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"/>';

test.each<[string, string, Uint8Array, number]>([
  ["gzip", "PROPFIND", Buffer.from(xml), 207],
  ["x-gzip", "PROPFIND", Buffer.from(xml), 207],
  ["br", "PROPFIND", Buffer.from(xml), 207],
  ["deflate", "PROPPATCH", Buffer.from(` \n${xml.slice(1)}`), 207],
  ["x-compress", "PROPFIND", Buffer.from(xml), 207],
  ["gzip", "MOVE", Buffer.from("<"), 201],
  ["gzip", "DELETE", Buffer.from(""), 200],
  ["gzip", "PROPFIND", gzipSync(xml), 207],
  ["gzip", "POST", gzipSync(xml), 200],
  ["gzip", "GET", gzipSync(xml), 404],
])(
  "a %s label on the answer to %s is believed only as far as it is true",
  async (coding, method, bytes, status) => {
    await using server = await answering(coding, bytes, status);
    const response = await requester().send(server.url, { method });
    const content = Buffer.from(await response.arrayBuffer());
    const plain = bytes[0] === 0x1f ? Buffer.from(xml) : bytes;
    expect(content.equals(plain)).toBe(true);
  },
);

test.each([
  ["a coding that is not known", "zap", 200],
  ["a part (RFC 9110 §14)", "gzip", 206],
])("%s stays as it is", async (_what, coding, status) => {
  const bytes = gzipSync(text);
  await using server = await answering(coding, bytes, status);
  const response = await requester().send(server.url);
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  expect(response.headers.get("content-encoding")).toBe(coding);
  expect(response.headers.get("content-length")).toBe(String(bytes.length));
});

test.each([
  ["deflate", Buffer.from("this is no zlib")],
  ["br", Buffer.from("this is no brotli at all")],
  ["gzip", gzipSync(text).subarray(0, 60)],
])("content that is not coded by %s as it says is malformed", async (coding, bytes) => {
  await using server = await answering(coding, bytes);
  const response = await requester().send(server.url, { headers: { "Accept-Encoding": coding } });
  await expect(response.text()).rejects.toMatchObject({ name: "ConnectionError", code: "malformed" });
});

test("coded content that breaks off is lost", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n");
    connection.send(gzipSync(text).subarray(0, 60));
    connection.socket.end();
  });
  const response = await requester().send(server.url, { headers: { "Accept-Encoding": "gzip" } });
  await expect(response.text()).rejects.toMatchObject({ name: "ConnectionError", code: "lost" });
});

test("more than two codings are refused", async () => {
  await using server = await answering("gzip, gzip, gzip", gzipSync(gzipSync(gzipSync("x"))));
  const options = { headers: { "Accept-Encoding": "gzip" } };
  await expect(requester().send(server.url, options)).rejects.toMatchObject({ code: "malformed" });
});

test("what becomes very much is given no faster than it is read", async () => {
  const bomb = gzipSync(Buffer.alloc(60_000_000));
  await using server = await answering("gzip", bomb);
  const response = await requester().send(server.url, { headers: { "Accept-Encoding": "gzip" } });
  const before = process.memoryUsage().arrayBuffers;
  const reader = response.body?.getReader();
  await reader?.read();
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  await reader?.cancel();
});

test("listings are asked for packed, and contents as they are", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send("HTTP/1.1 204 X\r\nConnection: close\r\n\r\n");
  });
  const { send } = requester();
  await send(server.url);
  await send(server.url, { method: "PROPFIND" });
  await send(server.url, { method: "PROPFIND", headers: { "Accept-Encoding": "br" } });
  const asked = server.connections.map(({ received }) => /^accept-encoding: (.*)\r$/im.exec(received)?.[1]);
  expect(asked).toEqual([undefined, "gzip", "br"]);
});
