import { afterEach, describe, expect, test } from "vitest";
import { expired, ofAnotherName, trusted } from "../../../interim/src/testing/certificates.ts";
import { ConnectionError } from "../error/connection-error.ts";
import type { RequesterOptions } from "./connections/origin.ts";
import { createRequester, type Requester } from "./requester.ts";
import type { SendOptions } from "./send.ts";
import { final, interim, serveRaw } from "./testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function send(url: URL, options: SendOptions = {}, how: RequesterOptions = {}): Promise<Response> {
  const made = createRequester({ environment: {}, ...how });
  requesters.push(made);
  return made.send(url, options);
}

/** What a request was rejected with. */
async function failure(sent: Promise<Response>): Promise<ConnectionError> {
  try {
    await sent;
  } catch (error) {
    if (error instanceof ConnectionError) return error;
    throw error;
  }
  throw new Error("there was a response");
}

describe("before the request is sent, nothing can have arrived", () => {
  test("a name without an address", async () => {
    const error = await failure(send(new URL("http://nobody.invalid/")));
    expect(error).toMatchObject({ code: "name-unknown", mayHaveArrived: false, interims: 0 });
    expect(error.message).toContain("nobody.invalid");
  });

  test("a port where nobody listens", async () => {
    const server = await serveRaw();
    await server[Symbol.asyncDispose]();
    const error = await failure(send(server.url, { method: "POST", content: "x" }));
    expect(error).toMatchObject({ code: "refused", mayHaveArrived: false });
    expect(error.message).toBe(`no server listens at 127.0.0.1:${server.url.port}`);
  });

  test("a key that is another certificate's: the message says whose they are", async () => {
    await using server = await serveRaw(() => {}, trusted);
    const tls = { ca: trusted.cert, cert: trusted.cert, key: expired.key };
    const error = await failure(send(server.url, {}, { tls }));
    expect(error).toMatchObject({ code: "tls", mayHaveArrived: false });
    expect(error.message).toMatch(/^cannot load the client certificate or key: /);
  });

  test.each([
    ["signed by itself", trusted, {}, /self-signed.*`ca`/],
    ["expired", expired, { ca: expired.cert }, /expired/],
    ["of another name", ofAnotherName, { ca: ofAnotherName.cert }, /another name than 127\.0\.0\.1/],
  ])("a certificate that is %s: the message says so", async (_what, certificate, tls, message) => {
    await using server = await serveRaw(() => {}, certificate);
    const error = await failure(send(server.url, {}, { tls }));
    expect(error).toMatchObject({ code: "tls", mayHaveArrived: false });
    expect(error.message).toMatch(message);
  });

  test("what is wrong with a certificate can be passed over, when asked for", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.send(final(200, "hi"));
    }, expired);
    const response = await send(server.url, {}, { tls: { rejectUnauthorized: false } });
    expect(await response.text()).toBe("hi");
  });

  test("https to a server that speaks http", async () => {
    await using server = await serveRaw((connection) => connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await failure(send(new URL(`https://${server.url.host}/`)));
    expect(error).toMatchObject({ code: "tls", mayHaveArrived: false });
    expect(error.message).toContain("does not speak TLS");
  });

  test("a key of ours that cannot be read", async () => {
    await using server = await serveRaw(() => {}, trusted);
    const error = await failure(send(server.url, {}, { tls: { cert: trusted.cert, key: "no key" } }));
    expect(error).toMatchObject({ code: "tls", mayHaveArrived: false });
  });

  test("a server that closes while TLS begins", async () => {
    await using server = await serveRaw(({ socket }) => socket.destroy());
    const error = await failure(send(new URL(`https://${server.url.host}/`)));
    expect(error).toMatchObject({ mayHaveArrived: false });
  });
});

describe("once the request is sent, it may have arrived", () => {
  test.each<[string, string, boolean]>([
    ["without a byte", "", false],
    ["without a byte, by a reset", "", true],
    ["after an interim response", interim(102), false],
    ["in the middle of an interim response", interim(102) + interim(102, "A: b").slice(0, -6), false],
    ["in the middle of the final head", `${interim(102)}HTTP/1.1 200 OK\r\nContent-Le`, false],
    ["after an interim response, by a reset", interim(102), true],
  ])("the connection ends %s", async (_when, bytes, reset) => {
    await using server = await serveRaw(async (connection) => {
      await connection.until("x");
      if (bytes !== "") connection.send(bytes);
      if (reset) setImmediate(() => connection.socket.resetAndDestroy());
      else connection.socket.end();
    });
    let told = 0;
    const onInterim = (): void => {
      told += 1;
    };
    const error = await failure(send(server.url, { method: "POST", content: "x", onInterim }));
    expect(error).toMatchObject({ code: "lost", mayHaveArrived: true, interims: told });
    if (bytes === "") expect(told).toBe(0);
    else if (!reset) expect(told).toBe(1);
    expect(server.connections).toHaveLength(1);
  });

  test.each<[string, string]>([
    ["what is no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["two lengths (RFC 9112 §11.2)", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi"],
    [
      "a length and chunks (RFC 9112 §6.3)",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi"],
    ["a status below 200 that is no interim one", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["a status above 599", "HTTP/1.1 777 Odd\r\nContent-Length: 0\r\n\r\n"],
    ["a folded line (RFC 9112 §5.2)", "HTTP/1.1 200 OK\r\nA: b\r\n\0c\r\n\r\n"],
    ["fields beyond the limit", `HTTP/1.1 200 OK\r\nA: ${"x".repeat(40_000)}\r\n\r\n`],
  ])("the response is %s", async (_what, bytes) => {
    await using server = await serveRaw(async (connection) => {
      await connection.until("x");
      connection.send(bytes);
    });
    const error = await failure(send(server.url, { method: "POST", content: "x" }));
    expect(error).toMatchObject({ code: "malformed", mayHaveArrived: true });
  });
});

describe("the content of a response", () => {
  test.each<[string, string, "lost" | "malformed"]>([
    ["ends before its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "lost"],
    [
      "ends before its last chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
      "lost",
    ],
    [
      "has a chunk that is none: an interim response after the final head",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n${interim(102)}`,
      "malformed",
    ],
  ])("%s: its stream fails with a ConnectionError", async (_what, bytes, code) => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.send(interim(102) + bytes);
      connection.socket.end();
    });
    const response = await send(server.url);
    await expect(response.text()).rejects.toMatchObject({
      name: "ConnectionError",
      code,
      mayHaveArrived: true,
      interims: 1,
    });
  });

  test("without length or chunks it ends with the connection (RFC 9112 §6.3)", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.send("HTTP/1.0 200 OK\r\n\r\nall");
      connection.socket.end();
    });
    expect(await (await send(server.url)).text()).toBe("all");
  });

  test("there is none in answer to HEAD, with 204, with 205, with 304 (RFC 9110 §6.4.1)", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      const status = /\/(\d+)/.exec(connection.received)?.[1] ?? "200";
      const length = connection.received.startsWith("HEAD") ? "Content-Length: 5\r\n" : "";
      connection.send(`HTTP/1.1 ${status} X\r\n${status === "205" ? "Content-Length: 0\r\n" : length}\r\n`);
    });
    for (const [method, path] of [
      ["HEAD", "200"],
      ["GET", "204"],
      ["PUT", "205"],
      ["GET", "304"],
    ] as const) {
      const response = await send(new URL(path, server.url), { method });
      expect(response.status).toBe(Number(path));
      expect(response.body).toBe(null);
      expect(await response.text()).toBe("");
    }
  });
});

describe("what would forge a request is refused", () => {
  const url = new URL("http://127.0.0.1:1/");
  test.each<[string, SendOptions]>([
    ["a line end in a value", { headers: { A: "b\r\nC: d" } }],
    ["a NUL in a value", { headers: { A: "b\0" } }],
    ["a control character in a value", { headers: { A: "b\x01" } }],
    ["a character beyond Latin-1", { headers: { A: "\u20ac" } }],
    ["a space in a name", { headers: { "A B": "c" } }],
    ["a line end in a name", { headers: { "A\r\nB": "c" } }],
    ["a pseudo-field", { headers: { ":path": "/other" } }],
    ["another host", { headers: { Host: "other" } }],
    ["another framing", { headers: { "Transfer-Encoding": "chunked" } }],
    ["another length", { headers: { "Content-Length": "5" } }],
    ["another connection", { headers: { Connection: "close" } }],
  ])("%s", async (_what, options) => {
    await expect(send(url, options)).rejects.toMatchObject({ name: "TypeError", code: "ERR_REQUEST_FIELD" });
  });

  test.each(["", "A B", "A\r\nB", "GET / HTTP/1.1\r\n", "CONNECT"])("the method %j", async (method) => {
    await expect(send(url, { method })).rejects.toMatchObject({ code: "ERR_REQUEST_METHOD" });
  });

  test("a URL of another scheme", async () => {
    await expect(send(new URL("file:///etc/passwd"))).rejects.toMatchObject({ code: "ERR_REQUEST_URL" });
  });
});

test("user and password of a URL are never sent (RFC 9110 §4.2.4)", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(final(200, ""));
  });
  const url = new URL(`http://user:secret@${server.url.host}/a#b`);
  const response = await send(url);
  expect(response.url).toBe(new URL("/a", server.url).href);
  expect(server.connections[0]?.received).toMatch(/^GET \/a HTTP/);
  expect(server.connections[0]?.received).not.toMatch(/secret|user:|authorization/i);
});
